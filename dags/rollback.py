"""Take what serves back: the version before answers again, in one step.

For whoever is on call. Choose the model and say why; no approval is asked for, because what comes back was
approved before, and is proved again: its answers, the audit log, and every byte of its package.

- What serves is taken back for good: only a new release brings it into production again.
- The newest version before it that was never taken back serves, within seconds, without a lost request.
- A challenger that runs beside it is stopped.
- Everybody concerned is mailed, with your name and your reason.

Where there is nothing to go back to, nothing changes, and the run says so. Running it twice goes two versions
back. The Dag `drill` shows each month that it works, and how long it takes.

"""

from airflow.sdk import DAG, Param

from airlock.operators.defaults import project_defaults
from airlock.operators.roll_back import RollBackOperator
from airlock.operators.specs import all_models

if models := all_models():
    with DAG(
        dag_id="rollback",
        description="Take what serves back, and let the version before answer again",
        doc_md=__doc__,
        schedule=None,
        catchup=False,
        tags=["rollback"],
        default_args=project_defaults(),
        params={
            "model": Param(
                type="string",
                enum=list(models),
                title="Model",
                description="The model whose champion is taken back.",
            ),
            "reason": Param(
                type="string",
                minLength=1,
                title="Why?",
                description="One sentence. It is mailed, and kept in the audit log.",
            ),
        },
    ):
        RollBackOperator(task_id="roll_back")
