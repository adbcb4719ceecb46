"""ContestStepOperator: what the steps about one contest have in common."""

import re
from typing import TYPE_CHECKING

from airflow.sdk import Context
from airflow.sdk.exceptions import AirflowFailException

from airlock.operators.base import ModelOperator

if TYPE_CHECKING:
    from sqlalchemy.engine import Connection

    from airlock.governance.contests import Contest

RUN_ID = re.compile(r"contest_(\d{1,18})")


class ContestStepOperator(ModelOperator):
    """A step about the one contest that the run's id names."""

    def contest(self, connection: "Connection", context: Context, *, lock: bool = False) -> "Contest":
        """Return the contest; `lock` keeps it as it is.

        Raises
        ------
        AirflowFailException
            When the run's id names none of this model.
        """
        from airlock.governance import contests

        run_id = context["dag_run"].run_id
        named = RUN_ID.fullmatch(run_id)
        known = contests.find(connection, int(named[1]), lock=lock) if named else None
        if known is None or (known.model, known.run_id) != (self.model, run_id):
            raise AirflowFailException(
                f"The run {run_id} names no contest of {self.model}. Trigger the Dag contests instead, which "
                "starts a run for each contest that is open."
            )
        return known
