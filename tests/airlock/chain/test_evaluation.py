"""Evaluating a run's candidates on the rows held out, and judging the best: evidence that can be proved."""

from collections.abc import Mapping
from dataclasses import replace
from typing import Any

import pytest

from airlock.chain.evaluation import EVALUATIONS, evaluate_candidates
from airlock.chain.examination import examine
from airlock.chain.gate import Ruling, gate
from airlock.chain.registration import EVIDENCE
from airlock.digests import canonical_json, digest_of
from airlock.evaluation.errors import EvaluationError
from airlock.spec import ModelSpec
from airlock.spec.governance import Limit
from airlock.store import StoreError
from airlock.training.mlflow_client import client
from tests.airlock.lender import Lender, Trained

pytestmark = pytest.mark.usefixtures("mlflow_url")


def judged(lender: Lender, trained: Trained, spec: ModelSpec | None = None) -> Ruling:
    return gate(
        spec or lender.spec,
        trained.lineage,
        trained.found,
        made=trained.made,
        champion_version=None,
        store=lender.store,
    )


def stricter(spec: ModelSpec, metric: str, at_least: float) -> ModelSpec:
    limits = tuple(
        limit.model_copy(update={"at_least": at_least}) if limit.metric == metric else limit
        for limit in spec.gates.limits
    )
    return spec.model_copy(update={"gates": spec.gates.model_copy(update={"limits": limits})})


def kept(lender: Lender, evaluated: Mapping[str, Any]) -> dict[str, Any]:
    return lender.store.json(EVALUATIONS, evaluated["evaluation"])


def test_every_candidate_is_measured_on_the_holdout(lender: Lender, trained: Trained) -> None:
    found = kept(lender, trained.evaluation)
    assert found["rows"] == trained.evaluation["rows"] == 420
    assert [result["name"] for result in found["results"]] == ["linear", "trees"]
    assert [result["glass_box"] for result in found["results"]] == [True, False]
    assert found["champion"] is None
    folds = {one["candidate"]: one["cross_validation"]["roc_auc"]["mean"] for one in trained.made}
    assert found["best"] == trained.evaluation["best"] == max(folds, key=folds.__getitem__)


def test_the_champion_is_measured_on_the_same_rows(lender: Lender, trained: Trained) -> None:
    found = kept(
        lender,
        evaluate_candidates(
            lender.spec,
            trained.lineage.snapshot,
            trained.made,
            champion_package=trained.package("linear"),
            store=lender.store,
        ),
    )
    linear = next(result for result in found["results"] if result["name"] == "linear")
    assert found["champion"]["metrics"] == linear["metrics"]
    assert found["champion"]["intervals"] == linear["intervals"]
    assert found["comparison"]["metric"] == "roc_auc"


def test_what_the_task_returns_is_small_and_so_is_what_it_keeps(lender: Lender, trained: Trained) -> None:
    assert len(canonical_json(trained.evaluation)) < 1000
    assert len(canonical_json(kept(lender, trained.evaluation))) < 200_000


def test_the_figures_people_decide_by_stand_in_mlflow(lender: Lender, trained: Trained) -> None:
    evaluate_candidates(
        lender.spec, trained.lineage.snapshot, trained.made, champion_package=None, store=lender.store
    )
    results = kept(lender, trained.evaluation)["results"]
    for one, result in zip(trained.made, results, strict=True):
        shown = client().get_run(one["mlflow_run_id"]).data.metrics
        assert shown["holdout_roc_auc"] == pytest.approx(result["metrics"]["roc_auc"])


def test_a_champion_whose_package_is_gone_is_not_left_out_silently(lender: Lender, trained: Trained) -> None:
    with pytest.raises(StoreError, match="nothing is used in its place"):
        evaluate_candidates(
            lender.spec,
            trained.lineage.snapshot,
            trained.made,
            champion_package="0" * 64,
            store=lender.store,
        )


def test_evaluating_again_gives_the_same_figures(lender: Lender, trained: Trained) -> None:
    again = evaluate_candidates(
        lender.spec, trained.lineage.snapshot, trained.made, champion_package=None, store=lender.store
    )
    assert again == trained.evaluation


def test_the_evidence_says_everything_and_is_kept_under_its_digest(lender: Lender, trained: Trained) -> None:
    ruling = judged(lender, trained)
    facts = lender.store.json(EVIDENCE, ruling.evidence_digest)
    best = trained.evaluation["best"]
    made = next(one for one in trained.made if one["candidate"] == best)
    assert ruling.passed
    assert digest_of(facts) == ruling.evidence_digest
    assert facts["best"] == best
    assert facts["package"] == made["package"]
    assert facts["mlflow_run_id"] == made["mlflow_run_id"]
    assert facts["snapshot"]["digest"] == trained.lineage.snapshot
    assert facts["spec_digest"] == lender.spec.digest
    assert (facts["trained_by"], facts["cause"], facts["dag_run_id"]) == ("dana", "a test", "manual__1")
    assert facts["validation"]["success"] is True
    assert [verdict["gate"] for verdict in facts["verdicts"]] == [one.gate for one in ruling.verdicts]


def test_judging_again_gives_the_same_evidence(lender: Lender, trained: Trained) -> None:
    assert judged(lender, trained) == judged(lender, trained)


def test_one_failed_gate_is_enough_and_stands_in_the_evidence(lender: Lender, trained: Trained) -> None:
    ruling = judged(lender, trained, stricter(lender.spec, "roc_auc", 0.999))
    facts = lender.store.json(EVIDENCE, ruling.evidence_digest)
    assert not ruling.passed
    assert facts["passed"] is False
    failed = [verdict["sentence"] for verdict in facts["verdicts"] if not verdict["passed"]]
    assert len(failed) == 1
    assert "0.999" in failed[0]


def test_without_the_validation_there_is_no_evidence(lender: Lender, trained: Trained) -> None:
    with pytest.raises(StoreError, match="validations 000000000000 is not in the evidence store"):
        judged(lender, replace(trained, found=replace(trained.found, validation="0" * 64)))


def test_what_was_examined_must_be_what_was_chosen(lender: Lender, trained: Trained) -> None:
    other = next(one["package"] for one in trained.made if one["candidate"] != trained.evaluation["best"])
    examined = examine(
        lender.spec, trained.lineage.snapshot, other, champion_package=None, store=lender.store
    )
    with pytest.raises(EvaluationError, match="was examined, and .* was chosen"):
        judged(lender, replace(trained, found=replace(trained.found, examination=examined)))


def test_a_limit_on_what_was_examined_is_judged(lender: Lender, trained: Trained) -> None:
    facts = lender.store.json(EVIDENCE, judged(lender, trained).evidence_digest)
    assert facts["fairness"]["attributes"][0]["attribute"] == "sex"
    limit = Limit(metric="latency_ms", at_most=0.001)
    asking = lender.spec.gates.model_copy(update={"limits": (limit,)})
    ruling = judged(lender, trained, lender.spec.model_copy(update={"gates": asking}))
    (verdict,) = [one for one in ruling.verdicts if one.gate == "latency_ms"]
    assert not verdict.passed
    assert verdict.value == facts["latency"]["measures"]["latency_ms"]


def test_evidence_tells_runs_apart(lender: Lender, trained: Trained) -> None:
    other = replace(trained, lineage=replace(trained.lineage, trained_by="ria"))
    assert judged(lender, other).evidence_digest != judged(lender, trained).evidence_digest
