"""Train a candidate.

`admit > snapshot > validate > inspect > train > evaluate > examine > gate > register | refuse`

1. **admit** holds the model against the catalogue (may these data serve this purpose?) and its impact
   assessment. What its tier demands must be complete before anything is read.
2. **snapshot** freezes the rows whose outcome was known as of a moment, under their content hash.
3. **validate** holds them against the model's Great Expectations suite. Single rows at fault go to the
   quarantine, each with its reasons; a failed critical expectation stops the run and mails the owner.
4. **inspect** looks for what nothing should learn from: a leak, missing groups, biased records, doubles.
5. **train** fits every candidate of the spec (one mapped task each) with search and cross-validation, and
   tracks it in MLflow. In the mode `external` it takes in a version that somebody registered there by hand.
6. **evaluate** picks the best candidate by cross-validation and measures it, beside the champion, on
   hold-out rows that neither has seen.
7. **examine** looks at the best one in depth: fairness, proxies, weakest slices, robustness, what it gives
   away, how long it takes, why it answers as it does.
8. **gate** holds all figures against the spec's and the policy's limits, and keeps the dossier. What is
   missing fails.
9. **register** makes it a version in MLflow, which starts the release; **refuse** records why not, and
   mails.

**Starts** by click (say why: the approvers read it), or when a night asks for it: the night's cause, which
stands in the run's evidence, comes with its mode (search or refit) and with how far back to read.

**A killed run** resumes where it stopped: every step is keyed by its run and its content.

"""

from airflow.sdk import DAG, Param, TriggerRule

from airlock.operators.admit import AdmitOperator
from airlock.operators.assets import candidate_asset, retrain_asset
from airlock.operators.defaults import defaults
from airlock.operators.evaluate import EvaluateOperator
from airlock.operators.examine import ExamineOperator
from airlock.operators.gate import GateOperator
from airlock.operators.inspect import InspectOperator
from airlock.operators.refuse import RefuseOperator
from airlock.operators.register import RegisterOperator
from airlock.operators.snapshot import SnapshotOperator
from airlock.operators.specs import wired_specs
from airlock.operators.train import TrainOperator
from airlock.operators.validate import ValidateOperator
from airlock.spec.training import EXTERNAL, REFIT, SEARCH

for spec in wired_specs():
    with DAG(
        dag_id=f"{spec.name}.train",
        description=f"Train a candidate: {spec.title}",
        doc_md=__doc__,
        schedule=[retrain_asset(spec.name)],
        catchup=False,
        max_active_runs=1,
        tags=[spec.name, "train", spec.risk_tier],
        default_args=defaults(spec),
        params={
            "reason": Param(
                None,
                type=["null", "string"],
                title="Why train now?",
                description="One sentence. It stands in the evidence that the approvers read.",
            ),
            "as_of": Param(
                None,
                type=["null", "string"],
                format="date-time",
                title="As of",
                description="Train as if it were then: outcomes observed later do not exist. Empty: now.",
            ),
            "mode": Param(
                SEARCH,
                type="string",
                enum=[SEARCH, REFIT, EXTERNAL],
                title="Mode",
                description="search tries every candidate; refit fits the champion's configuration again; "
                "external takes in a version that was registered in MLflow by hand.",
            ),
            "version": Param(
                None,
                type=["null", "integer"],
                minimum=1,
                title="Version",
                description="Only for the mode external: the version in MLflow.",
            ),
        },
    ):
        common = {"model": spec.name, "spec_digest": spec.digest}
        admit = AdmitOperator(task_id="admit", **common)
        snapshot = SnapshotOperator(task_id="snapshot", **common)
        taken = "{{ ti.xcom_pull(task_ids='snapshot')['digest'] }}"
        validate = ValidateOperator(task_id="validate", snapshot=taken, **common)
        rows = {"snapshot": "{{ ti.xcom_pull(task_ids='validate')['snapshot'] }}"}
        inspect = InspectOperator(task_id="inspect", **rows, **common)
        train = TrainOperator.partial(task_id="train", **rows, **common).expand(
            candidate=list(spec.training.candidates)
        )
        # A run that fits the champion again skips the other candidates.
        judging = {"candidates": train.output, "trigger_rule": TriggerRule.NONE_FAILED_MIN_ONE_SUCCESS}
        evaluate = EvaluateOperator(task_id="evaluate", **rows, **judging, **common)
        examine = ExamineOperator(task_id="examine", evaluation=evaluate.output, **rows, **judging, **common)
        gate = GateOperator(
            task_id="gate",
            admission=admit.output,
            validation=validate.output,
            inspection=inspect.output,
            evaluation=evaluate.output,
            examination=examine.output,
            **rows,
            **judging,
            **common,
        )
        judged = {
            name: f"{{{{ ti.xcom_pull(task_ids='gate', key='{name}') }}}}" for name in ("evidence", "dossier")
        }
        register = RegisterOperator(
            task_id="register", outlets=[candidate_asset(spec.name)], **judged, **common
        )
        refuse = RefuseOperator(task_id="refuse", **judged, **common)
        admit >> snapshot >> validate >> inspect >> train >> evaluate >> examine >> gate >> [register, refuse]
