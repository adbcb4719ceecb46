"""DeletePastOperator: delete what is past the time that its model's spec gives it."""

from typing import TYPE_CHECKING, Any

from airflow.sdk import BaseOperator, Context, timezone
from airflow.sdk.exceptions import AirflowFailException

from airlock.operators.authority import authorise
from airlock.operators.base import database
from airlock.operators.links import incident_link
from airlock.operators.mailing import mail_once
from airlock.operators.run import name_of_run
from airlock.operators.specs import usable_specs
from airlock.settings import settings
from airlock.spec.people import Act
from airlock.store import open_store

if TYPE_CHECKING:
    from airlock.chain.retention import Deleted
    from airlock.spec import ModelSpec

#: How Airflow calls a run that the Dag's own schedule started.
SCHEDULED = "scheduled"


class DeletePastOperator(BaseOperator):
    """Delete what is past its time of every usable model; of a dry run only say what it would be.

    The schedule may delete by itself. Whoever starts a run otherwise needs a role, and another one to delete
    than to look. What an incident holds back for too long is mailed to the model's owner. A model of which
    something is kept, and whose spec cannot be used, fails the run once the others are done.
    """

    def execute(self, context: Context) -> dict[str, Any]:
        from airlock.chain.retention import Deleting, clear_away, delete_past, left_out, past_time
        from airlock.governance import retention

        dag_run, dry = context["dag_run"], context["params"]["dry_run"]
        by = retention.BY_AIRLOCK
        if dag_run.run_type != SCHEDULED:
            by = authorise(context, Act.HANDLE_INCIDENT if dry else Act.DELETE_PAST)
        run = Deleting(
            database(), open_store(settings()), name_of_run(context["dag_run"]), by, timezone.utcnow()
        )
        done = {}
        for spec in usable_specs():
            if dry:
                deleted = past_time(spec, engine=run.engine, store=run.store, at=run.at)
            else:
                deleted = delete_past(spec, run)
            self._tell(spec, deleted, dry=dry)
            if times := deleted.patience_lost(run.at):
                _mail_held(spec, deleted, times)
            done[spec.name] = deleted.to_json()
        if not dry:
            clear_away(run)
        if missed := left_out(done, run):
            raise AirflowFailException(
                f"What is kept of {', '.join(missed)} was passed over: no spec that can be used says for how "
                "long. Mend the spec (make check-models names what is wrong), or put the model's folder back "
                "with data.retention, and clear this task. Every other model is done."
            )
        return {"dry_run": dry, "models": done}

    def _tell(self, spec: "ModelSpec", deleted: "Deleted", *, dry: bool) -> None:
        if deleted.held:
            self.log.info("%s", deleted.held.reason)
        state = "past their time" if dry or deleted.held else "deleted, past their time"
        self.log.info("%s: %s are %s.", spec.name, deleted.sentence, state)


def _mail_held(spec: "ModelSpec", deleted: "Deleted", times: int) -> None:
    held = deleted.held
    assert held is not None and held.incident is not None
    mail_once(
        f"retention/{spec.name}/{held.incident}/{times}",
        [spec.owner.email],
        "retention_held",
        title=spec.title,
        model=spec.name,
        incident=held.incident,
        since=held.since,
        amount=deleted.sentence,
        kept_for=spec.data.retention,
        link=incident_link(held.incident),
    )
