"""Whether whoever triggered a run may do what it does."""

from typing import TYPE_CHECKING, Any

from airflow.sdk import Context, timezone

from airlock.operators.base import database
from airlock.operators.run import BY_A_TASK, RunError, name_of_run, person_of
from airlock.settings import settings
from airlock.spec.people import MAY, PEOPLE_FILE, Act, load_people

if TYPE_CHECKING:
    from airlock.spec.people import People


def authorise(context: Context, act: Act) -> str:
    """Return the Airflow user who triggered the run, if `people.yaml` lets them do `act`.

    Call it where only a person may. Airflow itself lets everybody with its role `user` trigger every Dag.

    Raises
    ------
    RunError
        When it does not, or nobody is known to have triggered the run; the refusal is in the audit log then.
    """
    user = person_of(context["dag_run"])
    people = load_people(settings().include)
    if user and people.may(user, act):
        return user
    reason = why_not(user, act, people)
    record_refusal(context, act, user or "unknown", reason)
    raise RunError(reason)


def authorise_person(context: Context, act: Act) -> str | None:
    """Return who triggered the run, if they may do `act`; None where a schedule or an asset started it.

    Raises
    ------
    RunError
        When they may not, or a task of another Dag triggered it.
    """
    dag_run = context["dag_run"]
    by_itself = not dag_run.triggering_user_name and dag_run.run_type != BY_A_TASK
    return None if by_itself else authorise(context, act)


def why_not(user: str | None, act: Act, people: "People") -> str:
    """Say why somebody who may not do something may not, and whom to ask."""
    does = act.replace("_", " ")
    roles = " or ".join(sorted(MAY[act]))
    ask = f"Ask {' or '.join(people.who_may(act)) or 'who keeps it'}"
    if not user:
        return f"Nobody is known to have triggered this run, and only a person may {does} ({roles}). {ask}."
    if user not in people.people:
        return f"{user} is not in {PEOPLE_FILE}, so may not {does}. {ask}, or add {user} there as {roles}."
    return f"{user} may not {does}: {roles} may. {ask}, or add the role in {PEOPLE_FILE}."


def record_refusal(context: Context, act: Act, actor: str, reason: str) -> None:
    """Write into the audit log that somebody tried what is not for them."""
    from airlock.governance import audit_log

    run: Any = context["dag_run"]
    model, _, kind = run.dag_id.partition(".")
    with database().begin() as connection:
        audit_log.append(
            connection,
            "act_refused",
            actor=actor,
            at=timezone.utcnow(),
            model=model if kind else context["params"].get("model"),
            run=name_of_run(run),
            facts={"act": str(act), "reason": reason},
        )
