"""FindContestsOperator: find the contested decisions that nobody was asked about yet."""

from collections.abc import Iterator
from itertools import islice
from typing import TYPE_CHECKING, Any

from airflow.sdk import BaseOperator, Context

from airlock.operators.base import database
from airlock.operators.specs import usable_specs

if TYPE_CHECKING:
    from airlock.governance.contests import Contest

#: More are found at the next look: Airflow maps a task only so often.
MOST_AT_ONCE = 200


class FindContestsOperator(BaseOperator):
    """
    Return the runs to start: one for each open contest that has none, the oldest of each model first.

    The run's id is the contest's, so that nobody is asked about one twice.
    """

    def execute(self, context: Context) -> list[dict[str, Any]]:
        task: Any = context["ti"]

        def is_new(contest: "Contest") -> bool:
            return not task.get_dr_count(dag_id=f"{contest.model}.contest", run_ids=[contest.run_id])

        found = list(islice(filter(is_new, _open()), MOST_AT_ONCE))
        self.log.info("%s contested decisions that nobody was asked about yet.", len(found))
        return [
            {"trigger_dag_id": f"{contest.model}.contest", "trigger_run_id": contest.run_id}
            for contest in found
        ]


def _open() -> "Iterator[Contest]":
    from airlock.governance import contests

    with database().connect() as connection:
        for spec in usable_specs():
            yield from contests.open_ones(connection, spec.name)
