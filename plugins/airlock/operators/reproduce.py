"""ReproduceOperator: train a registered version again from its record, and compare."""

from typing import Any

from airflow.sdk import Context, timezone
from airflow.sdk.exceptions import AirflowFailException

from airlock.code_version import code_version
from airlock.operators.authority import authorise
from airlock.operators.base import ModelOperator, database
from airlock.operators.run import run_of
from airlock.spec.people import Act


class ReproduceOperator(ModelOperator):
    """Train the version that the run asks for again; record what came of it, here and in MLflow."""

    def execute(self, context: Context) -> dict[str, Any]:
        from airlock.chain.reproduction import reproduce
        from airlock.governance import candidates, past_snapshots, reproductions
        from airlock.training.registry import show_reproduction

        authorise(context, Act.REPRODUCE)
        run = run_of(context)
        with database().connect() as connection:
            candidate = candidates.to_release(connection, self.model, context["params"].get("version"))
            past_snapshots.refuse_deleted(connection, candidate, self.store)
        found = reproduce(
            candidate,
            store=self.store,
            dag_run_id=run.run_id,
            asked_by=run.started_by,
            code_version=code_version(),
            at=timezone.utcnow(),
        )
        with database().begin() as connection:
            reproductions.record(connection, found)
        show_reproduction(found)
        self.log.info(found.sentence)
        if not found.same_answers:
            raise AirflowFailException(found.sentence)
        return {"version": found.version, "identical": found.identical, "sentence": found.sentence}
