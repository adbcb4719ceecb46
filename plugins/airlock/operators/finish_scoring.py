"""FinishScoringOperator: that a night is scored whole."""

from collections.abc import Mapping, Sequence
from datetime import date
from typing import Any

from airflow.sdk import Context, timezone

from airlock.operators.base import ModelOperator, database


class FinishScoringOperator(ModelOperator):
    """
    Prove that every part of the night is there, and retire what it was divided into before.

    :param planned: what `plan` said of the parts.
    """

    template_fields: Sequence[str] = (*ModelOperator.template_fields, "planned")

    def __init__(self, *, planned: Sequence[Mapping[str, Any]], **kwargs: Any) -> None:
        super().__init__(**kwargs)
        self.planned = planned

    def execute(self, context: Context) -> dict[str, Any]:
        from airlock.chain.scoring import finish

        first = self.planned[0]
        night, parts, version = date.fromisoformat(first["night"]), first["parts"], first["version"]
        rows = finish(
            self.spec, night, parts, version, store=self.store, engine=database(), at=timezone.utcnow()
        )
        if not rows:
            self.log.warning("The night %s of %s has no rows.", night, self.model)
        return {"night": first["night"], "version": version, "parts": parts, "rows": rows}
