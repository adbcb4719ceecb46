"""The mail that a failed task sends, so that nobody has to watch the UI."""

from contextlib import suppress

from airflow.sdk import Context, timezone
from airflow.sdk.exceptions import AirflowFailException

from airlock.operators.links import task_link
from airlock.operators.mailing import alert_once, mail_once
from airlock.settings import settings
from airlock.spec import SpecError, load_model
from airlock.spec.people import Role, load_people


class ExplainedFailure(AirflowFailException):
    """A failure that its task has already mailed about in words of its own; it is not tried again."""


def mail_failure(context: Context) -> None:
    """Mail a task's failure once to those whom its Dag concerns."""
    if isinstance(error := context.get("exception"), ExplainedFailure):
        return
    task = context["ti"]
    key = f"failure/{task.dag_id}/{task.run_id}/{task.task_id}/{task.map_index}"
    facts = {
        "dag_id": task.dag_id,
        "run_id": task.run_id,
        "task_id": task.task_id,
        "attempts": task.try_number,
        "failed_at": timezone.utcnow(),
        "error": str(error) or type(error).__name__,
        "link": task_link(task.dag_id, task.run_id, task.task_id),
    }
    model, _, kind = task.dag_id.partition(".")
    if not kind:  # a Dag of the project, which concerns the administrators
        mail_once(key, load_people(settings().include).emails_of(Role.ADMIN), "task_failed", **facts)
        return
    with suppress(SpecError):  # broken meanwhile: then it says nothing about who is to be told
        spec = load_model(settings().include, model)
        to = {*spec.alerts.to, spec.owner.email} if kind == "train" else spec.alerts.to
        alert_once(key, to, spec, context, "task_failed", **facts)
