"""Delete what is past its time, every Sunday.

A model's spec says how long what was answered is kept: `data.retention: 730d`. Without it, for ever. What is
older goes: rows of the prediction log, the answers of scored nights with their features, the outcomes and the
feedback that applications reported, the reasons of decided contests, the values of decided rows in the
quarantine, and the training snapshots of what was not in use for as long. What stays is that they were: how
many, of which time, and a digest, in the table `deletions` and in the audit log.

Never deleted: a decision that is contested, anything of a model that has a challenger or an open incident
whose evidence it may be, and anything younger than 180 days, which the database itself refuses.

**To see what would go**, trigger it with *Dry run*: whoever handles incidents may. To delete by hand takes
the role `ml_engineer` or `admin`. More in `docs/retention.md`.

"""

from airflow.sdk import DAG, CronDataIntervalTimetable, Param

from airlock.operators.defaults import watched_defaults
from airlock.operators.delete_past import DeletePastOperator

with DAG(
    dag_id="retention",
    description="Delete what is past its time",
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
