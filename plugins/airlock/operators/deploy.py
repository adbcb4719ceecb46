"""DeployOperator: make an approved candidate the champion."""

from typing import Any

from airflow.sdk import Context, timezone

from airlock.operators.base import database
from airlock.operators.release_step import ReleaseStepOperator


class DeployOperator(ReleaseStepOperator):
    """Prove that the approved package is still what it was, then write the deployment record."""

    def execute(self, context: Context) -> dict[str, Any]:
        from airlock.governance import deployments
        from airlock.package.package import open_package

        with database().begin() as connection:
            release, candidate = self.records(connection)
            open_package(self.store, candidate.package_digest)
            deployment = deployments.deploy(connection, release, candidate, at=timezone.utcnow())
        self.log.info("%s version %s is the champion.", self.model, deployment.version)
        return {"deployment": deployment.id, "version": deployment.version}
