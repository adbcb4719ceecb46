"""Train a candidate.

`snapshot > validate > train > evaluate > gate > register | refuse`

1. **snapshot** freezes the rows whose outcome was known as of a moment, under their content hash.
2. **validate** holds them against the model's Great Expectations suite. A failed critical expectation stops
   the run here and mails the owner.
3. **train** fits every candidate of the spec (one mapped task each) with search and cross-validation, and
   tracks it in MLflow.
4. **evaluate** picks the best candidate by cross-validation and measures it, beside the champion, on
   hold-out rows that neither has seen.
5. **gate** holds the figures against the spec's and the policy's limits. What is missing fails.
6. **register** makes it a version in MLflow, which starts the release; **refuse** records why not, and
   mails.

**Starts** by click (say why: the approvers read it), or when a night asks for it (the cause is in the run's
evidence). **A killed run** resumes where it stopped: every step is keyed by its run and its content.

"""

from airflow.sdk import DAG, Param

from airlock.operators.assets import candidate_asset, retrain_asset
from airlock.operators.defaults import defaults
from airlock.operators.evaluate import EvaluateOperator
from airlock.operators.gate import GateOperator
from airlock.operators.refuse import RefuseOperator
from airlock.operators.register import RegisterOperator
from airlock.operators.snapshot import SnapshotOperator
from airlock.operators.specs import usable_specs
from airlock.operators.train import TrainOperator
from airlock.operators.validate import ValidateOperator

for spec in usable_specs():
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
        },
    ):
        common = {"model": spec.name, "spec_digest": spec.digest}
        snapshot = SnapshotOperator(task_id="snapshot", **common)
        digest = "{{ ti.xcom_pull(task_ids='snapshot')['digest'] }}"
        validate = ValidateOperator(task_id="validate", snapshot=digest, **common)
        train = TrainOperator.partial(task_id="train", snapshot=digest, **common).expand(
            candidate=list(spec.training.candidates)
        )
        evaluate = EvaluateOperator(task_id="evaluate", snapshot=digest, candidates=train.output, **common)
        gate = GateOperator(
            task_id="gate",
            snapshot=digest,
            validation=validate.output,
            candidates=train.output,
            evaluation=evaluate.output,
            **common,
        )
        evidence = "{{ ti.xcom_pull(task_ids='gate', key='evidence') }}"
        register = RegisterOperator(
            task_id="register", evidence=evidence, outlets=[candidate_asset(spec.name)], **common
        )
        refuse = RefuseOperator(task_id="refuse", evidence=evidence, **common)
        snapshot >> validate >> train >> evaluate >> gate >> [register, refuse]
