"""Release or drop rows in quarantine.

A training sets aside the rows that break a critical expectation, each with its reasons. They wait on the
model's page, under *Quarantine*, until a person decides here:

- **release**: the row is right as it is. It is trained on from the next training, whatever it breaks.
- **drop**: the row is wrong for ever. It stays out of every training and counts no more against the share of
  rows that the spec lets through.

A row that was corrected at its source is a new row: its old self can be dropped. **A decision can be
changed** by naming the row again. Who triggers the run, when and why are kept with every row.

"""

from airflow.sdk import DAG, Param

from airlock.operators.defaults import project_defaults
from airlock.operators.settle_quarantine import DECISIONS, SettleQuarantineOperator
from airlock.operators.specs import all_models

if models := all_models():
    with DAG(
        dag_id="quarantine",
        description="Release or drop rows in quarantine",
        doc_md=__doc__,
        schedule=None,
        catchup=False,
        tags=["quarantine"],
        default_args=project_defaults(),
        params={
            "model": Param(
                models[0],
                type="string",
                enum=list(models),
                title="Model",
                description="The model whose rows are to be settled.",
            ),
            "decision": Param(
                type="string",
                enum=list(DECISIONS),
                title="Decision",
                description="release: train on them from now on. drop: never train on them.",
            ),
            "rows": Param(
                [],
                type=["null", "array"],
                items={"type": "integer", "minimum": 1},
                title="Rows",
                description="Ids from the quarantine page, as in [12, 15]. Empty: all rows that are held.",
            ),
            "reason": Param(
                type="string",
                minLength=1,
                title="Why?",
                description="One sentence. It is kept with every row.",
            ),
        },
    ):
        SettleQuarantineOperator(task_id="settle")
