"""SmokeTestOperator: does production answer as the package says it must?"""

from airflow.sdk import Context, timezone
from airflow.sdk.exceptions import AirflowFailException

from airlock.operators.base import database
from airlock.operators.release_step import ReleaseStepOperator
from airlock.settings import settings


class SmokeTestOperator(ReleaseStepOperator):
    """Ask the scoring API for answers that are known; on a wrong one, reinstate the version before."""

    def execute(self, context: Context) -> None:
        from airlock.chain.smoke import SmokeTestFailed, smoke_test
        from airlock.governance import deployments, withdrawal
        from airlock.package.package import open_package

        with database().connect() as connection:
            release, candidate = self.records(connection, context)
        package = open_package(self.store, candidate.package_digest)
        try:
            smoke_test(settings().scoring_url, package, version=candidate.registered_version)
        except SmokeTestFailed as failure:
            with database().begin() as connection:
                deployment, _ = deployments.of_release(connection, release.id)
                champion = withdrawal.withdraw(
                    connection, deployment, because=str(failure), at=timezone.utcnow()
                )
            now = f"version {champion.version} serves again" if champion else "no version serves now"
            raise AirflowFailException(f"{failure} The deployment was withdrawn: {now}.") from failure
