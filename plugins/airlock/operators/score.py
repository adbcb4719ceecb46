"""ScoreOperator: score one part of a night."""

from collections.abc import Mapping, Sequence
from typing import Any

from airflow.sdk import Context, timezone

from airlock.operators.base import ModelOperator, connect, database
from airlock.operators.run import run_of
from airlock.settings import settings


class ScoreOperator(ModelOperator):
    """
    Answer the rows of one part of the night; scored again, it replaces what it wrote before.

    :param part: what `plan` says of the part; mapped over all of them.
    """

    template_fields: Sequence[str] = (*ModelOperator.template_fields, "part")

    def __init__(self, *, part: Mapping[str, Any], **kwargs: Any) -> None:
        super().__init__(**kwargs)
        self.part = part

    def execute(self, context: Context) -> dict[str, Any]:
        from airlock.chain.scoring import Part, score_part

        run = run_of(context)
        rows = score_part(
            self.spec,
            Part(**self.part),
            as_of=run.interval_end,
            dag_run_id=run.run_id,
            store=self.store,
            engine=database(),
            models=settings().models,
            connect=connect,
            at=timezone.utcnow(),
        )
        return {"part": self.part["part"], "rows": rows}
