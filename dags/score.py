"""Score a night's rows.

`plan` proves the champion and divides one UTC day into the parts that the spec asks for
(`deployment.batch.parts`). `score` runs once for each part, so that several workers share a night: it streams
the part's rows from the model's source, answers them, and keeps them with their answers in the evidence
store; applications read the newest answer about each entity through the view `batch_scores`. `finish` proves
that no part is missing.

**Idempotent:** running a night again replaces it, part by part. A part that was killed is done again by
clearing its task, and the others stay. A night that another version has scored whole keeps what it has: that
was the decision of its day.

"""

from airflow.sdk import DAG, CronDataIntervalTimetable

from airlock.operators.defaults import defaults
from airlock.operators.finish_scoring import FinishScoringOperator
from airlock.operators.plan_scoring import PlanScoringOperator
from airlock.operators.score import ScoreOperator
from airlock.operators.specs import wired_specs

for spec in wired_specs():
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
        common = {"model": spec.name, "spec_digest": spec.digest}
        plan = PlanScoringOperator(task_id="plan", **common)
        score = ScoreOperator.partial(task_id="score", **common).expand(part=plan.output)
        score >> FinishScoringOperator(task_id="finish", planned=plan.output, **common)
