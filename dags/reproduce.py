"""Train a registered version again from its record, and prove that it comes out the same.

Takes the version's snapshot, its spec as it was, its own code and its seed, trains it once more, and compares
the two packages byte for byte and, where they differ, their answers on the held-out rows.

The result stands on the model's page, and in MLflow as tags of the version (`airlock.reproduced`). A run in
which the answers differ fails, and says which libraries or code are not what they were.

"""

from airflow.sdk import DAG, Param

from airlock.operators.defaults import defaults
from airlock.operators.reproduce import ReproduceOperator
from airlock.operators.specs import wired_specs

for spec in wired_specs():
    with DAG(
        dag_id=f"{spec.name}.reproduce",
        description=f"Train a registered version again, and compare: {spec.title}",
        doc_md=__doc__,
        schedule=None,
        catchup=False,
        max_active_runs=1,
        tags=[spec.name, "reproduce", spec.risk_tier],
        default_args=defaults(spec),
        params={
            "version": Param(
                None,
                type=["null", "integer"],
                minimum=1,
                title="Version",
                description="The registered version to train again. Empty: the newest one.",
            )
        },
    ):
        ReproduceOperator(task_id="reproduce", model=spec.name, spec_digest=spec.digest)
