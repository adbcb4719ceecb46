"""DrillOperator: rehearse the rollback of every model, and tell how long it took."""

from typing import Any

from airflow.sdk import BaseOperator, Context, timezone
from airflow.sdk.exceptions import AirflowSkipException

from airlock.operators.authority import authorise_person
from airlock.operators.base import database
from airlock.operators.failure import ExplainedFailure
from airlock.operators.links import run_link
from airlock.operators.mailing import mail_once
from airlock.operators.run import name_of_run
from airlock.settings import settings
from airlock.spec import SpecError, load_model
from airlock.spec.people import Act, load_people
from airlock.store import open_store


class DrillOperator(BaseOperator):
    """Hold a drill for each model that serves; one that fails does not keep the others from theirs."""

    def execute(self, context: Context) -> list[dict[str, Any]]:
        from airlock.chain.drill import Driller
        from airlock.governance import deployments

        if not settings().drill:
            raise AirflowSkipException(
                "AIRLOCK_DRILL is not 1 here, so no drill is held: in one, the version before answers real "
                "questions for a few seconds. Set it where that is wanted."
            )
        dag_run = context["dag_run"]
        by = authorise_person(context, Act.ROLL_BACK) or dag_run.dag_id
        engine, here = database(), settings()
        driller = Driller(
            engine=engine,
            store=open_store(here),
            scoring_url=here.scoring_url,
            run=name_of_run(dag_run),
            by=by,
            now=timezone.utcnow,
        )
        with engine.connect() as connection:
            models = [champion.model for champion in deployments.champions(connection)]
        drills = [driller.hold(model) for model in models]
        if not drills:
            raise AirflowSkipException("Nothing serves, so there is nothing to rehearse.")
        for drill in drills:
            self.log.info(drill.sentence)
        failed = [drill.sentence for drill in drills if drill.problem]
        mail_once(
            f"drill/{dag_run.run_id}",
            _concerned(models),
            "drill_report",
            held_at=timezone.utcnow(),
            drills=[drill.sentence for drill in drills],
            held=sum(not drill.skipped for drill in drills),
            failed=len(failed),
            link=run_link(dag_run.dag_id, dag_run.run_id),
        )
        if failed:
            raise ExplainedFailure(" ".join(failed))
        return [vars(drill) for drill in drills]


def _concerned(models: list[str]) -> set[str]:
    people = load_people(settings().include)
    addresses = set(people.emails(people.who_may(Act.ROLL_BACK)))
    for model in models:
        try:
            addresses.update(load_model(settings().include, model).alerts.to)
        except SpecError:  # broken just now: then it says nothing about who is on call
            continue
    return addresses
