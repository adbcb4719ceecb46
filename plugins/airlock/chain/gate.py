"""The gate: figures against limits; the evidence and the dossier of it, kept under their digests."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Any

from airlock.chain.admission import ADMISSIONS
from airlock.chain.evaluation import EVALUATIONS
from airlock.chain.examination import EXAMINATIONS
from airlock.chain.inspection import INSPECTIONS
from airlock.chain.lineage import Lineage
from airlock.chain.registration import EVIDENCE
from airlock.chain.validation import QUARANTINES, VALIDATIONS
from airlock.data.snapshot import open_snapshot
from airlock.digests import short
from airlock.dossier.folder import keep_dossier
from airlock.evaluation.errors import EvaluationError
from airlock.evaluation.evaluation import Evaluation, Result
from airlock.evaluation.evidence import evidence
from airlock.evaluation.gates import judge
from airlock.evaluation.verdict import Verdict, passed
from airlock.findings import Finding
from airlock.package.origin import EXTERNAL, sentence_of
from airlock.package.package import open_package
from airlock.spec import ModelSpec
from airlock.store import Store


@dataclass(frozen=True)
class Found:
    """The digests under which the steps before the gate have kept what they found."""

    admission: str
    validation: str
    quarantine: str
    inspection: str
    evaluation: str
    examination: str


@dataclass(frozen=True)
class Ruling:
    """What the gates say of a run's best candidate."""

    verdicts: tuple[Verdict, ...]
    evidence_digest: str
    dossier_digest: str

    @property
    def passed(self) -> bool:
        """Whether every gate was passed."""
        return passed(self.verdicts)


def gate(
    spec: ModelSpec,
    lineage: Lineage,
    found: Found,
    *,
    made: Sequence[Mapping[str, Any]],
    champion_version: int | None,
    store: Store,
) -> Ruling:
    """Judge the best candidate, and keep the evidence and the dossier.

    Parameters
    ----------
    made
        What `airlock.chain.training.make_candidate` returned for each candidate.

    Raises
    ------
    EvaluationError
        When another candidate was examined than the evaluation chose.
    """
    measured = Evaluation.from_json(store.json(EVALUATIONS, found.evaluation))
    examined = store.json(EXAMINATIONS, found.examination)
    if examined["package"] != measured.chosen.package:
        raise EvaluationError(
            f"Package {short(examined['package'])} was examined, and {short(measured.chosen.package)} was "
            "chosen. Clear the task examine and what comes after it."
        )
    verdicts = judge(
        spec,
        measured,
        measures=_merged(examined, "measures"),
        by_attribute=examined["fairness"]["by_attribute"],
        details=_merged(examined, "details"),
        rules=examined["robustness"]["rules"],
    )
    facts = evidence(
        spec,
        snapshot=open_snapshot(store, lineage.snapshot),
        validation=store.json(VALIDATIONS, found.validation),
        parts={
            **store.json(ADMISSIONS, found.admission),
            "quarantine": store.json(QUARANTINES, found.quarantine),
            "inspection": store.json(INSPECTIONS, found.inspection),
            **examined,
            **_external(measured.chosen),
        },
        evaluation=measured,
        verdicts=verdicts,
        dag_run_id=lineage.dag_run_id,
        mlflow_run_id=next(one["mlflow_run_id"] for one in made if one["candidate"] == measured.best),
        trained_by=lineage.trained_by,
        cause=lineage.cause,
        as_of=lineage.as_of,
        code_version=lineage.code_version,
        champion_version=champion_version,
    )
    return Ruling(
        verdicts,
        store.keep_json(EVIDENCE, facts),
        keep_dossier(store, facts, open_package(store, measured.chosen.package)),
    )


def _external(chosen: Result) -> dict[str, Any]:
    """Return where a candidate comes from that was not trained here, with the worry that this is."""
    if not chosen.external:
        return {}
    worry = Finding("origin", f"version {chosen.external['version']}", sentence_of(chosen.external))
    return {EXTERNAL: {**chosen.external, "findings": [worry.to_json()]}}


def _merged(examined: Mapping[str, Any], key: str) -> dict[str, Any]:
    """Return what the parts of an examination say under one key, all together."""
    parts = (part for part in examined.values() if isinstance(part, Mapping))
    return {name: value for part in parts for name, value in part.get(key, {}).items()}
