"""Remind approvers before their time is over.

Every quarter of an hour this looks at the releases that wait for an answer. Where less than a quarter of the
time to answer is left, the approvers who have not answered are mailed, once. Whoever started the training is
not: they cannot answer. A release that nobody answers expires, and nothing is deployed.

"""

from airflow.sdk import DAG

from airlock.operators.defaults import watched_defaults
from airlock.operators.remind import RemindOperator

with DAG(
    dag_id="reminders",
    description="Remind approvers before their time is over",
    doc_md=__doc__,
    schedule="*/15 * * * *",
    catchup=False,
    max_active_runs=1,
    tags=["reminders"],
    default_args=watched_defaults(),
):
    RemindOperator(task_id="remind")
