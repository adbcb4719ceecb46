"""HandleIncidentOperator: what a person does about an incident."""

from typing import Any

from airflow.sdk import BaseOperator, Context, timezone

from airlock.operators.authority import authorise
from airlock.operators.base import database
from airlock.operators.run import RunError, name_of_run
from airlock.settings import settings
from airlock.spec.people import Act, load_people

#: What the form offers.
ACTIONS = ("assign", "note", "settle")


class HandleIncidentOperator(BaseOperator):
    """Assign, note or settle the incident that the run names, for the person who triggered it."""

    def execute(self, context: Context) -> dict[str, Any]:
        from airlock.chain.night_incidents import settle_by_hand
        from airlock.governance import incidents

        user = authorise(context, Act.HANDLE_INCIDENT)
        params, dag_run = context["params"], context["dag_run"]
        run = name_of_run(dag_run)
        said: dict[str, Any] = {"by": user, "at": timezone.utcnow(), "run": run}
        number, text = params["incident"], params["text"]
        with database().begin() as connection:
            match params["action"]:
                case "assign":
                    owner = _owner(params["whom"])
                    incidents.assign(connection, number, owner=owner, because=text, **said)
                case "note":
                    incidents.note(connection, number, text=text, **said)
                case "settle":
                    settle_by_hand(connection, number, because=text, **said)
                case action:
                    raise RunError(f"action: {action!r} is none of {', '.join(ACTIONS)}.")
        self.log.info("Incident %s: %s by %s.", number, params["action"], user)
        return {"incident": number, "action": params["action"]}


def _owner(whom: str | None) -> str:
    """Return the user to whom an incident goes, who must be able to do something about it."""
    people = load_people(settings().include)
    if whom and people.may(whom, Act.HANDLE_INCIDENT):
        return whom
    able = " or ".join(people.who_may(Act.HANDLE_INCIDENT)) or "nobody yet"
    said = f"{whom} may not handle incidents" if whom else "is empty"
    raise RunError(f"whom: {said}. Name who may: {able}.")
