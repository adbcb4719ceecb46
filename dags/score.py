"""Score a night's rows.

Reads the rows of one UTC day from the model's source, scores them with the champion, and writes them to the
prediction log, which applications read through the view `batch_scores`.

**Idempotent:** running a night again replaces its rows as one transaction. A night that another version has
already scored keeps what it has: that was the decision of its day.

"""

from airflow.sdk import DAG, CronDataIntervalTimetable

from airlock.operators.defaults import defaults
from airlock.operators.score import ScoreOperator
from airlock.operators.specs import usable_specs

for spec in usable_specs():
    if spec.deployment.batch is None:
        continue
    with DAG(
        dag_id=f"{spec.name}.score",
        description=f"Score a night's rows: {spec.title}",
        doc_md=__doc__,
        schedule=CronDataIntervalTimetable(spec.deployment.batch.schedule, timezone="UTC"),
        catchup=False,
        max_active_runs=2,
        tags=[spec.name, "score", spec.risk_tier],
        default_args=defaults(spec),
    ):
        ScoreOperator(task_id="score", model=spec.name, spec_digest=spec.digest)
