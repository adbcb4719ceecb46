"""The gate: figures against limits; the evidence and the dossier of it, kept under their digests."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Any

from airlock.chain.evaluation import EVALUATIONS
from airlock.chain.lineage import Lineage
from airlock.chain.registration import EVIDENCE
from airlock.chain.validation import VALIDATIONS
from airlock.data.snapshot import open_snapshot
from airlock.dossier.folder import keep_dossier
from airlock.evaluation.evaluation import Evaluation
from airlock.evaluation.evidence import evidence
from airlock.evaluation.gates import Verdict, judge, passed
from airlock.package.package import open_package
from airlock.spec import ModelSpec
from airlock.store import Store


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
    *,
    validation: str,
    made: Sequence[Mapping[str, Any]],
    evaluation: Mapping[str, Any],
    champion_version: int | None,
    store: Store,
) -> Ruling:
    """Judge the best candidate, and keep the evidence and the dossier.

    Parameters
    ----------
    validation
        The digest of the snapshot's validation result.
    made
        What `airlock.chain.training.make_candidate` returned for each candidate.
    evaluation
        What `airlock.chain.evaluation.evaluate_candidates` returned.
    """
    measured = Evaluation.from_json(store.json(EVALUATIONS, evaluation["evaluation"]))
    verdicts = judge(spec, measured)
    facts = evidence(
        spec,
        snapshot=open_snapshot(store, lineage.snapshot),
        validation=store.json(VALIDATIONS, validation),
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
