"""Estimates: against outcomes that do come true, with inputs that moved, and what they cannot see."""

from datetime import UTC, datetime
from typing import Any

import numpy as np
import pyarrow as pa
import pytest

from airlock.digests import canonical_json
from airlock.evaluation.metrics import compute
from airlock.monitoring.calibration import Calibration
from airlock.monitoring.classes import reliability
from airlock.monitoring.estimate import MOST_SCORES, Estimate, Estimates, Range, measure
from airlock.monitoring.finding import asking_for_retraining
from airlock.monitoring.judging.estimates import judge
from airlock.monitoring.profile import describe
from airlock.package.answers import Answers
from airlock.spec import Task
from airlock.spec.columns import Kind
from tests.airlock.monitoring.specs import spec

BINARY = spec()
METRICS = ("roc_auc", "average_precision", "accuracy", "precision", "recall", "f1", "brier", "log_loss")
#: How far the mean of an estimate may lie from what came true, of 20,000 answers.
NEAR = 0.03


def world(seed: int, rows: int, *, moved: float = 0.0, law: float = 1.0) -> tuple[np.ndarray, np.ndarray]:
    """Return scores of a model that is too sure of itself, and what came true.

    `moved` shifts who asks; with a `law` under 1 outcomes follow the scores less than they did.
    """
    random = np.random.default_rng(seed)
    logits = random.normal(-1 + moved, 1.2, rows)
    came = random.random(rows) < 1 / (1 + np.exp(-law * logits))
    return 1 / (1 + np.exp(-1.3 * logits)), came


def profile_of(scores: np.ndarray, came: np.ndarray) -> dict[str, Any]:
    """Return what a package says of its hold-out."""
    score = describe(pa.chunked_array([scores]), Kind.NUMBER)
    return {"score": score, "reliability": reliability(score, scores, came)}


def yes(scores: np.ndarray) -> np.ndarray:
    return scores >= 0.5


def truly(scores: np.ndarray, came: np.ndarray) -> dict[str, float]:
    labels = np.array(["false", "true"])
    answers = Answers(scores, labels[yes(scores).astype(int)].tolist())
    return compute(Task.BINARY, labels[came.astype(int)], answers, positive="true")


def estimated(profile: dict[str, Any], scores: np.ndarray, **given: int) -> dict[str, Range]:
    found = measure(BINARY, profile, scores, yes(scores), **given).metrics
    assert found is not None
    assert all(found.values())
    return {name: one for name, one in found.items() if one}


@pytest.fixture(scope="module")
def profile() -> dict[str, Any]:
    return profile_of(*world(1, 20_000))


@pytest.mark.parametrize("moved", [0.0, 1.0, -1.0])
def test_the_estimate_follows_what_comes_true_when_inputs_move(profile: dict[str, Any], moved: float) -> None:
    scores, came = world(2, 20_000, moved=moved)
    found, true = estimated(profile, scores), truly(scores, came)
    assert tuple(found) == METRICS
    for name, one in found.items():
        assert one.low < one.mean < one.high, name
        assert one.mean == pytest.approx(true[name], abs=NEAR), name


def test_moved_inputs_do_change_what_is_true() -> None:
    calm, moved = (truly(*world(2, 20_000, moved=by)) for by in (0.0, 1.0))
    assert abs(calm["accuracy"] - moved["accuracy"]) > NEAR
    assert abs(calm["recall"] - moved["recall"]) > NEAR


def test_concept_drift_is_not_seen(profile: dict[str, Any]) -> None:
    scores, came = world(2, 20_000, law=0.2)
    found, true = estimated(profile, scores), truly(scores, came)
    assert true["roc_auc"] < found["roc_auc"].low - 0.1
    assert found == estimated(profile, world(2, 20_000)[0])


def test_nineteen_of_twenty_intervals_hold_what_comes_true() -> None:
    held = []
    for seed in range(20):
        profile = profile_of(*world(100 + seed, 2_000))
        scores, came = world(500 + seed, 600, moved=0.5)
        found, true = estimated(profile, scores), truly(scores, came)
        held += [one.low <= true[name] <= one.high for name, one in found.items()]
    assert 0.9 <= np.mean(held) <= 0.99


def test_the_mean_is_what_drawing_outcomes_row_by_row_gives(profile: dict[str, Any]) -> None:
    scores, _ = world(3, 500)
    random, calibration = np.random.default_rng(4), Calibration.of(profile)
    assert calibration is not None
    rates = calibration.draw(scores, random, 60)
    each = [truly(scores, random.random(len(scores)) < rate) for rate in rates]
    found = estimated(profile, scores)
    for name in METRICS:
        drawn = [one[name] for one in each]
        assert found[name].mean == pytest.approx(np.mean(drawn), abs=4 * np.std(drawn) / np.sqrt(60))


def test_more_scores_than_are_told_apart_change_next_to_nothing(
    profile: dict[str, Any], monkeypatch: pytest.MonkeyPatch
) -> None:
    scores, _ = world(5, 2 * MOST_SCORES)
    coarse = estimated(profile, scores)
    monkeypatch.setattr("airlock.monitoring.estimate.MOST_SCORES", len(scores))
    for name, one in estimated(profile, scores).items():
        assert coarse[name].mean == pytest.approx(one.mean, abs=0.005), name


def test_the_same_answers_give_the_same_estimate(profile: dict[str, Any]) -> None:
    scores, _ = world(6, 300)
    assert estimated(profile, scores) == estimated(profile, scores)


def test_a_hold_out_that_knows_little_gives_a_wide_interval(profile: dict[str, Any]) -> None:
    scores, _ = world(7, 20_000)
    small = estimated(profile_of(*world(1, 300)), scores)["brier"]
    large = estimated(profile, scores)["brier"]
    assert small.high - small.low > 2 * (large.high - large.low)


def test_too_few_answers_are_not_estimated(profile: dict[str, Any]) -> None:
    scores, _ = world(8, 30)
    found = measure(BINARY, profile, scores, yes(scores), least=200)
    assert (found.metrics, found.reason) == (None, "There are 30 answers; at least 200 are needed.")


def test_a_score_that_is_no_number_is_not_estimated(profile: dict[str, Any]) -> None:
    scores = np.array([0.2, np.nan])
    assert measure(BINARY, profile, scores, yes(scores)).reason == "Some answers have no score."


@pytest.mark.parametrize("missing", ["reliability", "sums"])
def test_an_older_package_is_not_estimated(profile: dict[str, Any], missing: str) -> None:
    score = {name: part for name, part in profile["score"].items() if name != missing}
    older = {name: part for name, part in (profile | {"score": score}).items() if name != missing}
    scores, _ = world(9, 300)
    found = measure(BINARY, older, scores, yes(scores))
    assert found.metrics is None
    assert "older than estimates" in found.reason


def test_a_metric_that_may_not_be_defined_is_not_told(profile: dict[str, Any]) -> None:
    found = measure(BINARY, profile, np.full(50, 0.1), np.zeros(50, bool)).metrics
    assert found is not None
    assert found["precision"] is None
    assert found["accuracy"] is not None


def test_estimates_are_recorded_as_json(profile: dict[str, Any]) -> None:
    scores, _ = world(9, 300)
    seen = measure(BINARY, profile, scores, yes(scores))
    recorded = Estimates(seen, Estimate(0, None, "There is none.")).to_json()
    assert canonical_json(recorded)
    assert recorded["judged"] is False
    assert recorded["night"]["metrics"]["roc_auc"].keys() == {"mean", "low", "high"}


@pytest.mark.parametrize(
    ("limit", "found"),
    [
        ({"metric": "roc_auc", "at_least": 0.64}, False),
        ({"metric": "roc_auc", "at_least": 0.66}, True),
        ({"metric": "brier", "at_most": 0.11}, False),
        ({"metric": "brier", "at_most": 0.09}, True),
        ({"metric": "f1", "at_least": 0.9}, False),
        ({"metric": "calibration_error", "at_most": 0.001}, False),
    ],
)
def test_only_a_limit_that_the_good_end_breaks_is_found(limit: dict[str, Any], found: bool) -> None:
    metrics = {"roc_auc": Range(0.6, 0.55, 0.65), "brier": Range(0.12, 0.10, 0.14), "f1": None}
    since = datetime(2026, 7, 1, tzinfo=UTC)
    estimates = Estimates(Estimate(30, metrics), Estimate(300, metrics), since)
    findings = list(judge(spec(performance={"limits": [limit]}), estimates))
    assert bool(findings) == found
    assert asking_for_retraining(findings) == ()


def test_an_estimate_says_what_it_takes_for_granted() -> None:
    metrics = {"roc_auc": Range(0.6, 0.55, 0.65)}
    estimates = Estimates(Estimate(30, metrics), Estimate(1300, metrics), datetime(2026, 7, 1, tzinfo=UTC))
    limits = [{"metric": "roc_auc", "at_least": 0.66}]
    (finding,) = judge(spec(performance={"limits": limits}), estimates)
    assert finding.sentence == (
        "By estimate roc_auc is 0.6 (0.55 to 0.65) over the 1,300 answers since 2026-07-01 whose outcomes "
        "are not known yet; it must be at least 0.66. The estimate assumes that outcomes follow the scores "
        "as they did in training."
    )
    assert (finding.value, finding.limit, finding.key) == (0.6, 0.66, "estimate/roc_auc")


@pytest.mark.parametrize(
    "estimates", [None, Estimates(Estimate(9, None)), Estimates(Estimate(9, None), Estimate(9, None))]
)
def test_what_was_not_estimated_breaks_no_limit(estimates: Estimates | None) -> None:
    limits = [{"metric": "roc_auc", "at_least": 0.66}]
    assert list(judge(spec(performance={"limits": limits}), estimates)) == []
