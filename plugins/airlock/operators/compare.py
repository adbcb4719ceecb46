"""CompareOperator: hold what is really in production against the records, and say what differs."""

from contextlib import ExitStack
from typing import TYPE_CHECKING, Any

from airflow.sdk import BaseOperator, Context, timezone

from airlock.operators.base import database
from airlock.operators.links import dag_link, incidents_link
from airlock.operators.mailing import alert_once, mail_once
from airlock.operators.run import name_of_run, run_of
from airlock.settings import settings
from airlock.spec import SpecError, load_model
from airlock.spec.people import Act, load_people
from airlock.store import open_store

if TYPE_CHECKING:
    from airlock.governance.incidents import Incident


class CompareOperator(BaseOperator):
    """Open an incident for each difference that has none, and mail it once; return the open ones' ids."""

    def execute(self, context: Context) -> dict[str, Any]:
        from airlock.chain.production.compare import differences
        from airlock.chain.production.noting import note

        run = run_of(context)
        here, engine, at = settings(), database(), timezone.utcnow()
        found = differences(engine, open_store(here), scoring_url=here.scoring_url, at=at)
        noted = note(engine, found, at=at, run=name_of_run(run))
        with ExitStack() as telling:  # of all, even where one cannot be told
            for incident in noted:
                self.log.warning("Incident %s: %s", incident.id, incident.sentence)
                telling.callback(_tell, incident, context)
        if not noted:
            self.log.info("Production is as the records say.")
        return {"incidents": [incident.id for incident in noted]}


def _tell(incident: "Incident", context: Context) -> None:
    """Tell those who may restore, and the model's owner and people on call."""
    people = load_people(settings().include)
    to = set(people.emails(people.who_may(Act.RESTORE)))
    key, template = f"incident/{incident.id}", "incident_opened"
    facts = {
        "number": incident.id,
        "model": incident.model,
        "sentence": incident.sentence,
        "found_at": incident.found_at,
        "mend": incident.facts["mend"],
        "restorable": incident.facts["restorable"],
        "restore": dag_link("restore"),
        "link": incidents_link(),
    }
    try:
        spec = load_model(settings().include, incident.model) if incident.model else None
    except SpecError:  # broken or gone meanwhile: then it says nothing about who is to be told
        spec = None
    if spec:
        alert_once(key, to | {*spec.alerts.to, spec.owner.email}, spec, context, template, **facts)
    else:
        mail_once(key, to, template, **facts)
