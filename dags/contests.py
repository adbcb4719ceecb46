"""Find contested decisions, and have a person decide about each.

`find > start`

An application passes on that somebody does not accept a decision (`POST /v1/decisions/{id}/contest`).

1. **find** looks for contests that are open and that nobody was asked about yet.
2. **start** starts `<model>.contest` for each, once.

It runs every five minutes, or when somebody triggers it. Contests that are open stand on the model's page.

"""

from datetime import UTC, datetime

from airflow.providers.standard.operators.trigger_dagrun import TriggerDagRunOperator
from airflow.sdk import DAG

from airlock.operators.defaults import watched_defaults
from airlock.operators.find_contests import FindContestsOperator

with DAG(
    dag_id="contests",
    description="Find contested decisions, and have a person decide about each",
    doc_md=__doc__,
    schedule="*/5 * * * *",
    start_date=datetime(2026, 1, 1, tzinfo=UTC),
    catchup=False,
    max_active_runs=1,
    tags=["contests"],
    default_args=watched_defaults(),
):
    find = FindContestsOperator(task_id="find")
    # A run for each contest: two that wait must not be answered by one answer.
    TriggerDagRunOperator.partial(task_id="start", skip_when_already_exists=True).expand_kwargs(find.output)
