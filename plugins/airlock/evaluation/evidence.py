"""Evidence: what an approver decides by and an auditor finds again, as JSON known by its digest."""

from collections.abc import Mapping, Sequence
from datetime import datetime
from typing import Any

from airlock.data.snapshot import Snapshot
from airlock.data.validation import finding
from airlock.evaluation.evaluation import Evaluation
from airlock.evaluation.figures import to_json
from airlock.evaluation.verdict import Verdict, passed
from airlock.package.labels import label_of
from airlock.spec import ModelSpec


def evidence(
    spec: ModelSpec,
    *,
    snapshot: Snapshot,
    validation: Mapping[str, Any],
    evaluation: Evaluation,
    verdicts: Sequence[Verdict],
    parts: Mapping[str, Any],
    dag_run_id: str,
    mlflow_run_id: str,
    trained_by: str,
    cause: str,
    as_of: datetime,
    code_version: str,
    champion_version: int | None = None,
) -> dict[str, Any]:
    """Return everything known of a training as JSON, from which the dossier is made.

    Parameters
    ----------
    spec, snapshot, evaluation, verdicts
        What the training was, and what came of it.
    validation
        `ValidationResult.to_json()` of the snapshot.
    parts
        What the steps around training found, by their names: the admission's, the inspection's and the
        examination's.
    dag_run_id, mlflow_run_id, trained_by, cause, as_of, code_version
        Which run made it, tracked where, for whom, why, looking at the world from when, by which code.
    champion_version
        The version in production; None where there is none.
    """
    chosen = evaluation.chosen
    return to_json(
        {
            "model": spec.name,
            "title": spec.title,
            "purpose": " ".join(spec.purpose.split()),
            "owner": spec.owner.name,
            "tier": spec.risk_tier,
            "task": spec.task.value,
            "dag_run_id": dag_run_id,
            "mlflow_run_id": mlflow_run_id,
            "trained_by": trained_by,
            "cause": cause,
            "as_of": as_of.isoformat(),
            "code_version": code_version,
            "spec_digest": spec.digest,
            "package": chosen.package,
            "snapshot": _snapshot(snapshot),
            "validation": _validation(validation),
            "select_by": spec.training.select_by,
            "champion_by": spec.gates.champion.metric,
            "best": evaluation.best,
            "rows": evaluation.rows,
            "metrics": dict(chosen.metrics),
            "champion_version": champion_version,
            "evaluation": evaluation.to_json(),
            "verdicts": [verdict.to_json() for verdict in verdicts],
            "passed": passed(verdicts),
            "decision": _decision(spec),
            **parts,
            "findings": [
                finding
                for part in parts.values()
                if isinstance(part, Mapping)
                for finding in part.get("findings", ())
            ],
        }
    )


def _decision(spec: ModelSpec) -> dict[str, Any] | None:
    if spec.decision is None:
        return None
    return spec.decision.model_dump(mode="json") | {
        "positive": label_of(spec.data.positive),
        "threshold": spec.decision.threshold,
    }


def _snapshot(snapshot: Snapshot) -> dict[str, Any]:
    kept = ("rows", "rows_without_outcome", "window", "as_of", "code_version")
    return {"digest": snapshot.digest} | {key: snapshot.manifest.get(key) for key in kept}


def _validation(validation: Mapping[str, Any]) -> dict[str, Any]:
    checks = validation["checks"]
    return {
        "suite": validation["suite"],
        "success": validation["success"],
        "checks": len(checks),
        "failed": [
            {"severity": check["severity"], "sentence": finding(check["sentence"], check["observed"])}
            for check in checks
            if not check["success"]
        ],
    }
