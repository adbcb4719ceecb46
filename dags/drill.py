"""Rehearse the rollback: go back to the version before, and return.

On the first of each month, and whenever somebody who may roll back triggers it, for each model in turn: the
version before serves, answers its known questions, and then what served before the drill serves again and
answers its own. Both directions are timed, from the record to the first right answer, mailed, and written
into the audit log. Nothing is withdrawn by it.

A model of which only one version can serve is skipped, and so is one that a challenger runs beside. Whatever
fails on the way, what served before the drill is brought back.

It only does something where AIRLOCK_DRILL=1 is set, as the embedded stack does: elsewhere the version before
would answer real questions for a few seconds, and whoever runs that installation must want this.

"""

from airflow.sdk import DAG

from airlock.operators.defaults import watched_defaults
from airlock.operators.drill import DrillOperator

with DAG(
    dag_id="drill",
    description="Rehearse the rollback, and measure how long it takes",
    doc_md=__doc__,
    schedule="0 9 1 * *",
    catchup=False,
    max_active_runs=1,
    tags=["drill"],
    default_args=watched_defaults(),
):
    DrillOperator(task_id="drill")
