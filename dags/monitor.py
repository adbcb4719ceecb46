"""Watch the champion, every night.

`measure > report, triage > alert > retrain, find > inquire`

1. **measure** reads the night's prediction log: the suite on the inputs, drift of inputs and prediction
   against the training data, performance over the outcomes that have arrived; why, if a limit is crossed.
2. **report** keeps an Evidently page of the night, to read.
3. **triage** notes in the incidents what crossed limits: it opens them, sees them again, closes what is gone.
4. **alert** mails what is new or much worse: what, how much, since when, and where to look.
5. **retrain** asks for a training, with the cause, where the spec allows it, outcomes are known for enough of
   what was found, and the last training helped. Faulty data never do, and neither do nights of the past.
6. **find** and **inquire** have a person asked, by `<model>.inquire`, about each incident of the night whose
   cause triage cannot tell: once, however many nights show it.

**Any night can be watched again**, with the same result: `airflow backfill create --dag-id
<model>.monitor --max-active-runs 1`. A night that is older than the newest that was watched speaks of the
past: it opens no incident and mails nothing.

"""

from airflow.providers.standard.operators.trigger_dagrun import TriggerDagRunOperator
from airflow.sdk import DAG, CronDataIntervalTimetable

from airlock.operators.alert import AlertOperator
from airlock.operators.assets import retrain_asset
from airlock.operators.defaults import defaults
from airlock.operators.find_inquiries import FindInquiriesOperator
from airlock.operators.measure import MeasureOperator
from airlock.operators.report import ReportOperator
from airlock.operators.retrain import RetrainOperator
from airlock.operators.specs import wired_specs
from airlock.operators.triage import TriageOperator

for spec in wired_specs():
    with DAG(
        dag_id=f"{spec.name}.monitor",
        description=f"Watch the champion: {spec.title}",
        doc_md=__doc__,
        schedule=CronDataIntervalTimetable(spec.monitoring.schedule, timezone="UTC"),
        catchup=False,
        max_active_runs=1,  # a night that is watched before an older one makes that one the past
        tags=[spec.name, "monitor", spec.risk_tier],
        default_args=defaults(spec),
    ):
        common = {"model": spec.name, "spec_digest": spec.digest}
        measure = MeasureOperator(task_id="measure", **common)
        report = ReportOperator(task_id="report", **common)
        triage = TriageOperator(task_id="triage", **common)
        alert = AlertOperator(task_id="alert", **common)
        retrain = RetrainOperator(task_id="retrain", outlets=[retrain_asset(spec.name)], **common)
        find = FindInquiriesOperator(task_id="find", **common)
        # A run of its own for each incident: a person who thinks must not stop the next night.
        inquire = TriggerDagRunOperator.partial(
            task_id="inquire", trigger_dag_id=f"{spec.name}.inquire", skip_when_already_exists=True
        )
        measure >> [report, triage]
        triage >> alert >> [retrain, find]
        inquire.expand(trigger_run_id=find.output)
