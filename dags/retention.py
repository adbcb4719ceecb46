"""Delete answers that are past their time, every Sunday.

A model's spec says how long its answers are kept: `data.retention: 730d`. Without it they are kept for ever.
What is older goes: rows of the prediction log, and the answers of scored nights with their features, in the
database and in the evidence store. What stays is that they were: their ids, how many, of which time, and a
digest, in the table `deletions` and in the audit log.

Never deleted: a decision that somebody contests, anything of a model that has an open incident or a
challenger, and anything younger than 180 days, which the database itself refuses.

**To see what would go**, trigger it with *Dry run*. Whoever triggers it deletes nothing that the next Sunday
would not. More in `docs/retention.md`.

"""

from airflow.sdk import DAG, CronDataIntervalTimetable, Param

from airlock.operators.defaults import watched_defaults
from airlock.operators.delete_past import DeletePastOperator

with DAG(
    dag_id="retention",
    description="Delete answers that are past their time",
    doc_md=__doc__,
    schedule=CronDataIntervalTimetable("0 5 * * 0", timezone="UTC"),
    catchup=False,
    max_active_runs=1,
    tags=["retention"],
    default_args=watched_defaults(),
    params={
        "dry_run": Param(
            False,
            type="boolean",
            title="Dry run",
            description="Only say how much is past its time, and delete nothing.",
        ),
    },
):
    DeletePastOperator(task_id="delete")
