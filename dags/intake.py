"""Take in versions that somebody registered in MLflow by hand.

`find > train`

1. **find** looks in MLflow for versions of the models here that Airlock did not register. Each is found once:
   it stands in the audit log, and the model's owner is mailed.
2. **train** starts `<model>.train` for each, in the mode `external`: the version is loaded in place of a
   training, and then measured, examined, judged, registered and released like any other.

**Nothing of such a version is in production** until it has come through the airlock. A version that cannot be
taken in fails its training, which mails what is wrong; mend it and register it again, or trigger
`<model>.train` in the mode `external` with its number.

"""

from datetime import UTC, datetime

from airflow.providers.standard.operators.trigger_dagrun import TriggerDagRunOperator
from airflow.sdk import DAG

from airlock.operators.defaults import watched_defaults
from airlock.operators.intake import IntakeOperator

with DAG(
    dag_id="intake",
    description="Take in versions that somebody registered in MLflow by hand",
    doc_md=__doc__,
    schedule="*/15 * * * *",
    start_date=datetime(2026, 1, 1, tzinfo=UTC),
    catchup=False,
    max_active_runs=1,
    tags=["intake"],
    default_args=watched_defaults(),
):
    find = IntakeOperator(task_id="find")
    # A run for each version: events of the retrain asset that wait together would start one run for all.
    TriggerDagRunOperator.partial(task_id="train", skip_when_already_exists=True).expand_kwargs(find.output)
