"""OpenReleaseOperator: put a registered candidate before its approvers."""

from datetime import datetime
from typing import TYPE_CHECKING, Any

from airflow.sdk import Context, timezone

from airlock.operators.assets import candidate_asset
from airlock.operators.authority import authorise_person
from airlock.operators.base import ModelOperator, database
from airlock.operators.release_step import refuse_deployment
from airlock.operators.run import MadeByHand, event_extra, run_of
from airlock.settings import settings
from airlock.spec.people import Act

if TYPE_CHECKING:
    from sqlalchemy.engine import Connection

    from airlock.governance.candidates import Candidate


class OpenReleaseOperator(ModelOperator):
    """Record the release of the candidate that started the run, and return which one it is."""

    def execute(self, context: Context) -> dict[str, Any]:
        from airlock.governance import candidates, releases
        from airlock.governance.decision import superseded
        from airlock.governance.records import RecordError

        asset = candidate_asset(self.model)
        try:
            run = run_of(context, asset)
        except MadeByHand as error:
            refuse_deployment(context, self.model, str(error))
            raise
        by = authorise_person(context, Act.RELEASE)
        version = context["params"].get("version") or event_extra(context, asset).get("version")
        at = timezone.utcnow()
        with database().begin() as connection:
            candidate = candidates.to_release(connection, self.model, version)
            self._refuse(context, connection, candidate, at)
            try:
                release = releases.open_release(
                    connection,
                    candidate=candidate,
                    dag_run_id=run.run_id,
                    people=self.spec.approval.people,
                    way=self.spec.deployment.way,
                    opened_at=at,
                    by=by,
                )
            except RecordError as error:  # a run of this name has opened another one
                refuse_deployment(context, self.model, str(error), candidate=candidate.id)
                raise
            newer = candidates.newest_registered(connection, self.model)
            if release.state == "open" and newer is not None and newer.id > candidate.id:
                decision = superseded(newer)
                releases.close(connection, release.id, state=decision.state, reason=decision.reason, at=at)
        return {"release": release.id, "version": candidate.version}

    def _refuse(
        self, context: Context, connection: "Connection", candidate: "Candidate", at: datetime
    ) -> None:
        from airlock.chain.opening import obstacles
        from airlock.governance import candidates, deployments
        from airlock.governance.records import RecordError

        champion = deployments.champion(connection, self.model)
        serving = candidates.find(connection, champion.candidate_id) if champion else None
        people = self.spec.approval.people
        found = obstacles(settings().include, self.spec, candidate, serving, at, people=people)
        if because := " ".join(found):
            refuse_deployment(context, self.model, because, candidate=candidate.id, version=candidate.version)
            raise RecordError(f"{self.model}: {because}")
