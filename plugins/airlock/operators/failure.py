"""The mail that a failed task sends, so that nobody has to watch the UI."""

from collections.abc import Collection

from airflow.sdk import Context, timezone
from airflow.sdk.exceptions import AirflowFailException

from airlock.operators.links import task_link
from airlock.operators.mailing import mail_once
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
    try:
        to = _concerned(task.dag_id)
    except SpecError:  # broken meanwhile: then it says nothing about who is to be told
        return
    mail_once(
        f"failure/{task.dag_id}/{task.run_id}/{task.task_id}/{task.map_index}",
        to,
        "task_failed",
        dag_id=task.dag_id,
        run_id=task.run_id,
        task_id=task.task_id,
        attempts=task.try_number,
        failed_at=timezone.utcnow(),
        error=str(error) or type(error).__name__,
        link=task_link(task.dag_id, task.run_id, task.task_id),
    )


def _concerned(dag_id: str) -> Collection[str]:
    """Return whom a failure concerns: a model's people, or of a project's Dag the administrators."""
    model, _, kind = dag_id.partition(".")
    if not kind:
        return load_people(settings().include).emails_of(Role.ADMIN)
    spec = load_model(settings().include, model)
    return {*spec.alerts.to, spec.owner.email} if kind == "train" else spec.alerts.to
