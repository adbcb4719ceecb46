"""SettleQuarantineOperator: record what a person decided about rows at fault."""

from collections.abc import Mapping
from typing import TYPE_CHECKING, Any

from airflow.sdk import BaseOperator, Context, timezone

from airlock.operators.authority import authorise
from airlock.operators.base import database
from airlock.operators.run import name_of_run, reason_of
from airlock.spec.people import Act

if TYPE_CHECKING:
    from airlock.governance.quarantine import Decision

#: What the form offers, as the records call it.
DECISIONS: Mapping[str, "Decision"] = {"release": "released", "drop": "dropped"}


class SettleQuarantineOperator(BaseOperator):
    """Release or drop the rows that the run names, for the person who triggered it; return their ids."""

    def execute(self, context: Context) -> dict[str, Any]:
        from airlock.governance.quarantine import settle

        user = authorise(context, Act.SETTLE_QUARANTINE)
        params = context["params"]
        state = DECISIONS[params["decision"]]
        with database().begin() as connection:
            rows = settle(
                connection,
                params["model"],
                params["rows"] or (),
                state=state,
                by=user,
                because=reason_of(context, "Say in a sentence why; it is kept with every row."),
                at=timezone.utcnow(),
                run=name_of_run(context["dag_run"]),
            )
        for row in rows:
            self.log.info(
                "Row %s (%s): %s. It broke: %s", row.id, row.entity_key, state, " ".join(row.reasons)
            )
        self.log.info("%s rows of %s: %s, from the next training on.", len(rows), params["model"], state)
        return {"model": params["model"], "state": state, "rows": [row.id for row in rows]}
