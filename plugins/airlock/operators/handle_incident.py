"""HandleIncidentOperator: what a person does about an incident."""

from typing import TYPE_CHECKING, Any

from airflow.sdk import BaseOperator, Context, timezone

from airlock.operators.authority import authorise
from airlock.operators.base import database
from airlock.operators.links import incident_link
from airlock.operators.mailing import mail_once
from airlock.operators.run import RunError, name_of_run
from airlock.settings import settings
from airlock.spec.people import Act, load_people

if TYPE_CHECKING:
    from sqlalchemy.engine import Connection

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
        number, text = params["incident"], params["reason"]
        with database().begin() as connection:
            match params["action"]:
                case "assign":
                    _assign(connection, number, _owner(params["whom"]), text, said)
                case "note":
                    incidents.note(connection, number, text=text, **said)
                case "settle":
                    settle_by_hand(connection, number, because=text, **said)
                case action:
                    raise RunError(f"action: {action!r} is none of {', '.join(ACTIONS)}.")
        if params["action"] == "assign" and params["whom"] != user:
            _mail(number, params["whom"], said=text, by=user, run=run)
        self.log.info("Incident %s: %s by %s.", number, params["action"], user)
        return {"incident": number, "action": params["action"]}


def _assign(conn: "Connection", number: int, owner: str, because: str, said: dict[str, Any]) -> None:
    """Give an incident to somebody, once for each run: a task that could not mail is tried again."""
    from airlock.governance import incident_events, incidents

    events = incident_events.timeline(conn, number)
    if not any((event.event, event.run) == ("assigned", said["run"]) for event in events):
        incidents.assign(conn, number, owner=owner, because=because, **said)


def _mail(number: int, owner: str, *, said: str, by: str, run: str) -> None:
    """Tell somebody that an incident is theirs now."""
    from airlock.governance import incidents

    with database().connect() as connection:
        incident = incidents.find(connection, number)
    assert incident is not None  # it has just been given to them
    mail_once(
        f"incident/{number}/assigned/{run}",
        load_people(settings().include).emails([owner]),
        "incident_assigned",
        number=number,
        model=incident.model,
        sentence=incident.sentence,
        found_at=incident.found_at,
        assigned_by=by,
        because=said,
        mend=incident.facts.get("mend", "Look at it."),
        link=incident_link(number),
    )


def _owner(whom: str | None) -> str:
    """Return the user to whom an incident goes, who must be able to do something about it."""
    people = load_people(settings().include)
    if whom and people.may(whom, Act.HANDLE_INCIDENT):
        return whom
    able = " or ".join(people.who_may(Act.HANDLE_INCIDENT)) or "nobody yet"
    said = f"{whom} may not handle incidents" if whom else "is empty"
    raise RunError(f"whom: {said}. Name who may: {able}.")
