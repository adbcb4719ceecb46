"""ChallengeOperator: let an approved candidate run beside what serves."""

from typing import Any

from airflow.sdk import Context, timezone

from airlock.operators.base import database
from airlock.operators.refusal import refusals
from airlock.operators.release_step import ReleaseStepOperator
from airlock.operators.showing import show
from airlock.settings import settings


class ChallengeOperator(ReleaseStepOperator):
    """Prove that dossier and package are still what was approved, start the challenger, and smoke test it.

    What is not, or has waited too long, is refused for good, with its reason on record. One that does not
    answer as its package says it must has ended: the next tasks find it so.
    """

    def execute(self, context: Context) -> dict[str, Any]:
        from airlock.chain.smoke import SmokeTestFailed, smoke_test
        from airlock.dossier.proof import prove_dossier
        from airlock.governance import challengers
        from airlock.package.package import open_package

        with refusals(self, context), database().begin() as connection:
            release, candidate = self.records(connection, context)
            if challengers.of_release(connection, release.id) is None:
                self.refuse_what_waited_too_long(connection, release, candidate)
            prove_dossier(
                self.store,
                release.dossier_digest,
                package_digest=candidate.package_digest,
                evidence_digest=candidate.evidence_digest,
            )
            package = open_package(self.store, candidate.package_digest)
            share = self.spec.deployment.trial.shares_of(release.way)[0]
            challenger = challengers.start(connection, release, candidate, share=share, at=timezone.utcnow())
        try:
            smoke_test(settings().scoring_url, package, version=challenger.version, beside=True)
        except SmokeTestFailed as failure:
            self.log.error("The challenger is taken back: %s", failure)
            with database().begin() as connection:
                challengers.end(
                    connection, challenger, outcome="broke", because=str(failure), at=timezone.utcnow()
                )
        show(release.id)
        return {"challenger": challenger.id, "version": challenger.version}
