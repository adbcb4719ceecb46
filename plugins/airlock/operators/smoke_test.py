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
        from airlock.governance import deployments, releases
        from airlock.package.package import open_package

        with database().connect() as connection:
            release, candidate = self.records(connection)
        package = open_package(self.store, candidate.package_digest)
        try:
            smoke_test(settings().scoring_url, package, version=candidate.version)
        except SmokeTestFailed as failure:
            with database().begin() as connection:
                now = timezone.utcnow()
                deployments.withdraw(connection, release_id=release.id, because=str(failure), at=now)
                releases.close(connection, release.id, "failed", str(failure), at=now)
            raise AirflowFailException(f"{failure} The version before it serves again.") from failure
        with database().begin() as connection:
            releases.close(connection, release.id, "deployed", "The smoke test passed.", at=timezone.utcnow())
