"""Groups in production: what is measured, what is beyond chance, and what leaves the watch blind."""

from datetime import UTC, datetime, timedelta
from typing import Any

import numpy as np
import pyarrow as pa
import pytest

from airlock.digests import canonical_json
from airlock.examination.fairness.disparities import disparities
from airlock.examination.fairness.groups import groupings
from airlock.examination.fairness.tally import attributes
from airlock.monitoring.fairness import Fairness, of_answers, of_outcomes
from airlock.monitoring.finding import Finding, asking_for_retraining
from airlock.monitoring.judging.fairness import judge
from airlock.monitoring.performance import joined
from airlock.spec import ModelSpec, Task
from tests.airlock.examination.fairness.subjects import REGRESSION, binary, spec_of

NOW = datetime(2026, 7, 1, tzinfo=UTC)
RATIO = {"metric": "demographic_parity_ratio", "attribute": "sex", "at_least": 0.8}
ODDS = {"metric": "equalized_odds_difference", "at_most": 0.1}


def watched(*limits: dict[str, Any], **changes: Any) -> ModelSpec:
    performance = {"limits": [{"metric": "roc_auc", "at_least": 0.5}]}
    monitoring = {"fairness": {"limits": limits or (RATIO, ODDS)}, "performance": performance}
    return spec_of({"sex": "category", "region": "category"}, monitoring=monitoring, **changes)


def world(
    seed: int, rows: int, *, to_women: float = 0.3, to_men: float = 0.3, wrong: float = 0.0
) -> tuple[pa.Table, pa.Table]:
    """Return predictions, which say yes to women and men so often, and the people with what came true.

    So many of the women's yeses are made without a reason.
    """
    random = np.random.default_rng(seed)
    sex, region = random.choice(["f", "m"], rows), random.choice(["east", "north", "west"], rows)
    came = random.random(rows) < np.where(sex == "f", to_women, to_men)
    said = came | ((sex == "f") & (random.random(rows) < wrong))
    keys = [f"L{number}" for number in range(rows)]
    predictions = pa.table(
        {
            "score": said.astype(float) * 0.4 + 0.3,
            "prediction": np.where(said, "true", "false"),
            "version": np.ones(rows, np.int64),
            "entity_key": keys,
            "event_time": pa.array([NOW + number * timedelta(minutes=1) for number in range(rows)]),
        }
    )
    return predictions, pa.table({"loan": keys, "sex": sex, "region": region, "defaulted": came})


def fairness(spec: ModelSpec, predictions: pa.Table, people: pa.Table) -> Fairness:
    asked = spec.monitoring.fairness
    assert asked is not None
    answers = of_answers(spec, asked, predictions, people)
    return Fairness.of(asked, answers, of_outcomes(spec, asked, joined(spec, predictions, people)))


def found(spec: ModelSpec, predictions: pa.Table, people: pa.Table) -> list[Finding]:
    return list(judge(spec, fairness(spec, predictions, people)))


def test_groups_that_fare_alike_are_no_finding() -> None:
    assert found(watched(), *world(1, 2_000)) == []


def test_an_answer_that_one_group_gets_more_often_is_found_with_both_groups() -> None:
    (finding,) = found(watched(RATIO), *world(1, 2_000, to_women=0.4, to_men=0.2))
    assert (finding.kind, finding.key) == ("fairness", "fairness/demographic_parity_ratio/sex")
    assert finding.value == pytest.approx(0.5, abs=0.06)
    assert "over 2,000 people of 2026-07-01 to 2026-07-02; it must be at least 0.8." in finding.sentence
    assert "The selection rate is 0.4" in finding.sentence
    assert "for f and 0." in finding.sentence
    assert asking_for_retraining([finding]) == ()


def test_errors_that_one_group_has_more_often_are_found_in_the_outcomes() -> None:
    (finding,) = found(watched(ODDS), *world(1, 3_000, wrong=0.3))
    assert finding.key == "fairness/equalized_odds_difference/sex"
    assert "false positive rate" in finding.sentence


def test_the_same_in_few_people_may_be_chance() -> None:
    spec = watched(RATIO)
    small, large = (world(1, rows, to_women=0.33, to_men=0.25) for rows in (600, 20_000))
    assert fairness(spec, *small).answers
    assert found(spec, *small) == []
    assert len(found(spec, *large)) == 1


def test_chance_alone_breaks_a_limit_in_less_than_one_of_a_hundred_windows() -> None:
    """Where the truth keeps the limit just so, and three regions and two sexes are compared."""
    spec = watched({"metric": "demographic_parity_difference", "at_most": 0.02}, RATIO)
    broken = [bool(found(spec, *world(seed, 600, to_women=0.31, to_men=0.29))) for seed in range(30)]
    assert sum(broken) <= 1


def test_the_figures_are_those_of_the_examination() -> None:
    predictions, people = world(2, 2_000, to_women=0.4)
    spec = watched()
    measured = fairness(spec, predictions, people).outcomes
    assert measured is not None and measured.attributes is not None
    said = np.array(predictions["prediction"].to_pylist()) == "true"
    columns = {name: people[name].to_pylist() for name in ("sex", "region")}
    same = binary(columns, people["defaulted"].to_numpy(), predictions["score"].to_numpy(), said, spec=spec)
    tallied, _ = attributes(same, groupings(spec, same.rows))
    for mine, theirs in zip(measured.attributes, tallied[:2], strict=True):
        for name, disparity in disparities(Task.BINARY, theirs, seed=spec.training.seed).items():
            if name in mine.disparities:
                assert mine.disparities[name].value == pytest.approx(disparity.value), name
                assert mine.disparities[name].between == disparity.between


def test_of_an_entity_the_latest_answer_counts() -> None:
    predictions, people = world(3, 600)
    spec = watched(RATIO)
    twice = pa.concat_tables([predictions, predictions])
    once = fairness(spec, predictions, people).answers
    assert fairness(spec, twice, people).answers == once


def test_too_few_people_are_no_finding() -> None:
    spec = watched()
    seen = fairness(spec, *world(4, 300, to_women=0.9, to_men=0.1))
    assert (seen.judged, list(judge(spec, seen))) == (False, [])
    assert seen.answers is not None
    assert seen.answers.reason == "There are 300 rows; 500 are needed."


def test_outcomes_that_are_late_are_no_finding() -> None:
    spec = watched()
    asked = spec.monitoring.fairness
    assert asked is not None
    seen = Fairness.of(asked, of_answers(spec, asked, *world(1, 2_000)), None)
    assert (seen.judged, list(judge(spec, seen))) == (False, [])


def test_a_source_that_no_longer_knows_the_people_is_a_finding() -> None:
    predictions, people = world(5, 2_000)
    (finding,) = found(watched(RATIO), predictions, people.slice(0, 100))
    assert finding.value is None
    assert "cannot be judged in production. The source knows 100 of 2000 people; 500 are needed." in (
        finding.sentence
    )


def test_a_column_that_is_empty_now_is_a_finding() -> None:
    predictions, people = world(6, 2_000)
    empty = people.set_column(1, "sex", pa.nulls(len(people), pa.string()))
    (finding,) = found(watched(RATIO), predictions, empty)
    assert finding.value is None
    assert "demographic_parity_ratio of sex cannot be judged" in finding.sentence


def test_a_source_that_says_nothing_of_groups_is_a_finding() -> None:
    predictions, people = world(7, 2_000)
    spec = watched(ODDS)
    asked = spec.monitoring.fairness
    assert asked is not None
    told = joined(spec, predictions, people.drop_columns(["sex"]))
    (finding,) = judge(spec, Fairness.of(asked, None, of_outcomes(spec, asked, told)))
    assert finding.sentence == (
        "equalized_odds_difference cannot be judged in production. The source says sex of nobody."
    )


def test_two_limits_on_the_same_are_one_finding_by_the_first() -> None:
    loose = {"metric": "demographic_parity_ratio", "at_least": 0.6}
    findings = found(watched(RATIO, loose), *world(1, 3_000, to_women=0.4, to_men=0.15))
    assert [(one.column, one.limit) for one in findings] == [("demographic_parity_ratio/sex", 0.8)]


def test_a_regression_is_compared_by_its_errors_alone() -> None:
    predictions, people = world(8, 1_000)
    random = np.random.default_rng(8)
    truth = random.normal(10, 2, 1_000)
    off = random.normal(0, 1, 1_000) * np.where(people["sex"].to_numpy(zero_copy_only=False) == "f", 3, 1)
    predictions = predictions.set_column(0, "score", pa.array(truth + off))
    people = people.set_column(3, "defaulted", pa.array(truth))
    target = {"defaulted": {"role": "target", "kind": "number", "classification": "business"}}
    spec = spec_of(
        {"sex": "category", "region": "category"},
        **REGRESSION,
        data={"positive": None},
        columns=target,
        monitoring={
            "performance": {"limits": [{"metric": "mae", "at_most": 99}]},
            "fairness": {"limits": [{"metric": "mae_ratio", "at_most": 1.5}]},
        },
    )
    asked = spec.monitoring.fairness
    assert asked is not None
    seen = Fairness.of(asked, None, of_outcomes(spec, asked, joined(spec, predictions, people)))
    (finding,) = judge(spec, seen)
    assert (seen.judged, finding.column) == (True, "mae_ratio/sex")


def test_what_is_measured_is_recorded_as_json() -> None:
    predictions, people = world(1, 2_000)
    recorded = fairness(watched(), predictions, people).to_json()
    assert canonical_json(recorded)
    assert recorded["judged"] is True
    sexes = recorded["answers"]["attributes"][0]
    everybody = people["sex"].to_pylist()
    assert [group["rows"] for group in sexes["groups"]] == [everybody.count(sex) for sex in ("f", "m")]
    assert set(sexes["disparities"]) == {"demographic_parity_difference", "demographic_parity_ratio"}
