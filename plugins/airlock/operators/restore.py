"""RestoreOperator: make what an incident is about as the records say again, for a person."""

from typing import Any

from airflow.sdk import BaseOperator, Context, timezone

from airlock.operators.authority import authorise
from airlock.operators.base import database
from airlock.operators.run import name_of_run, reason_of
from airlock.settings import settings
from airlock.spec.people import Act
from airlock.store import open_store


class RestoreOperator(BaseOperator):
    """Mend the incident that the run names, look again, and settle it only where it is gone."""

    def execute(self, context: Context) -> dict[str, Any]:
        from airlock.chain.production.mending import Person
        from airlock.chain.production.restoring import restore

        who = authorise(context, Act.RESTORE)
        params, dag_run, here = context["params"], context["dag_run"], settings()
        reason = reason_of(context, "Say in a sentence what happened; it is kept with the incident.")
        person = Person(who, reason, timezone.utcnow(), name_of_run(dag_run))
        incident = restore(
            params["incident"],
            person,
            engine=database(),
            store=open_store(here),
            scoring_url=here.scoring_url,
        )
        self.log.info("Incident %s is settled: %s", incident.id, incident.settled_because)
        return {"incident": incident.id, "settled_because": incident.settled_because}
