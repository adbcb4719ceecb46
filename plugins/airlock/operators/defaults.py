"""What every task of a model is given unless it says otherwise."""

from datetime import timedelta
from typing import Any

from airflow.sdk import ExceptionRetryPolicy, RetryAction, RetryRule

from airlock.operators.failure import mail_failure
from airlock.spec import ModelSpec

#: What may answer in a moment. It comes before the rule that it is an exception to.
AWAY = RetryRule(
    "airlock.data.errors.SourceAway", action=RetryAction.DEFAULT, reason="the source may answer in a moment"
)

#: What trying again does not mend: somebody must change a file, a record or what the run was started with.
#: Airflow imports what is named here when it parses a Dag, so only light modules are.
PERMANENT = RetryRule(
    [
        "airlock.chain.admission.AdmissionError",
        "airlock.data.errors.DataError",
        "airlock.dossier.errors.DossierError",
        "airlock.evaluation.errors.EvaluationError",
        "airlock.governance.records.RecordError",
        "airlock.operators.run.RunError",
        "airlock.package.errors.PackageError",
        "airlock.spec.errors.SpecError",
        "airlock.store.StoreError",
        "airlock.training.errors.ExternalError",
        "airlock.training.errors.RefitError",
        "airlock.training.errors.SplitError",
    ],
    action=RetryAction.FAIL,
    reason="trying again would not mend it",
)


def defaults(spec: ModelSpec) -> dict[str, Any]:
    """Return the default arguments of a model's tasks: its owner, two more tries, a mail at the end."""
    return {**watched_defaults(), "owner": spec.owner.name}


def watched_defaults() -> dict[str, Any]:
    """Return those of the tasks that nobody looks at while they run: a failure is mailed."""
    return {**project_defaults(), "on_failure_callback": mail_failure}


def project_defaults() -> dict[str, Any]:
    """Return those of the tasks that belong to no model: who triggers them by a form sees them fail."""
    return {
        "retries": 2,
        "retry_delay": timedelta(seconds=10),
        "retry_policy": ExceptionRetryPolicy([AWAY, PERMANENT]),
    }
