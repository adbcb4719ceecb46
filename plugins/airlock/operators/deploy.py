"""DeployOperator: make an approved candidate the champion."""

from typing import Any

from airflow.sdk import Context, timezone

from airlock.operators.base import database
from airlock.operators.refusal import refusals
from airlock.operators.release_step import ReleaseStepOperator


class DeployOperator(ReleaseStepOperator):
    """Prove that dossier and package are still what was approved, then write the deployment record.

    What is not is refused for good, with its reason on record.
    """

    def execute(self, context: Context) -> dict[str, Any]:
        from airlock.dossier.proof import prove_dossier
        from airlock.governance import deployments

        with refusals(self, context), database().begin() as connection:
            release, candidate = self.records(connection, context)
            self.refuse_what_waited_too_long(connection, release, candidate)
            prove_dossier(
                self.store,
                release.dossier_digest,
                package_digest=candidate.package_digest,
                evidence_digest=candidate.evidence_digest,
            )
            deployment = deployments.deploy(connection, release, candidate, at=timezone.utcnow())
        self.log.info("%s version %s is the champion.", self.model, deployment.version)
        return {"deployment": deployment.id, "version": deployment.version}
