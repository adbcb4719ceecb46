"""DeletePastOperator: delete the answers that are past the time that their model's spec gives them."""

from dataclasses import asdict
from typing import Any

from airflow.sdk import BaseOperator, Context, timezone

from airlock.operators.base import database
from airlock.operators.run import name_of_run, run_of
from airlock.operators.specs import usable_specs
from airlock.settings import settings
from airlock.store import Store


class DeletePastOperator(BaseOperator):
    """Delete what is past its time of every usable model; of a dry run only say what it would be."""

    def execute(self, context: Context) -> dict[str, Any]:
        from airlock.chain.retention import delete_past, past_time

        run, at, engine = run_of(context), timezone.utcnow(), database()
        dry = context["params"]["dry_run"]
        done = {}
        for spec in usable_specs():
            if dry:
                deleted = past_time(spec, engine=engine, at=at)
            else:
                store = Store(settings().store)
                deleted = delete_past(spec, engine=engine, store=store, run=name_of_run(run), at=at)
            self.log.info(
                deleted.held_back
                or f"{spec.name}: {deleted.answers} answers of the API and {deleted.batch_answers} of "
                f"{deleted.batches} batches are past their time{'' if dry else ', and deleted'}."
            )
            done[spec.name] = asdict(deleted)
        return {"dry_run": dry, "models": done}
