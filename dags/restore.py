"""Make production what the records say again, in one step.

Every night the task `compare` of the Dag `audit` holds MLflow's alias and versions, the evidence store and
the answers of the scoring API against the records. What differs is an incident: it is mailed, and it stands
on the page of incidents with its number and with what a restore does.

A run of this Dag mends one incident, looks again, and settles it with your reason **only if it is gone**.
Otherwise the run fails, says what a person must do first, and the incident stays open. What is gone already
is only settled. A version deleted in MLflow cannot be brought back: running this accepts that.

If the change was intended, it went past the airlock: restore, then let a release ask for it.

"""

from airflow.sdk import DAG, Param

from airlock.operators.defaults import project_defaults
from airlock.operators.restore import RestoreOperator

with DAG(
    dag_id="restore",
    description="Make production what the records say again",
    doc_md=__doc__,
    schedule=None,
    catchup=False,
    max_active_runs=1,
    tags=["restore"],
    default_args=project_defaults(),
    params={
        "incident": Param(
            type="integer",
            minimum=1,
            title="Incident",
            description="Its number, from the mail or the page of incidents.",
        ),
        "reason": Param(
            type="string",
            minLength=1,
            title="What happened?",
            description="One sentence: how it came about. It is kept with the incident and in the audit log.",
        ),
    },
):
    RestoreOperator(task_id="restore")
