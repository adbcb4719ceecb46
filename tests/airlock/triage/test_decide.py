"""Each cause is named for what it is, and a calm night for nothing."""

from dataclasses import replace

import numpy as np
import pyarrow as pa
import pytest

from airlock.triage.decide import find_cause
from airlock.triage.facts import Facts
from tests.airlock.triage.worlds import CHRISTMAS, answered, cohort, known, law, night, outcomes, people


@pytest.fixture(scope="module")
def calm() -> Facts:
    return known()


def test_a_calm_night_has_no_cause(calm: Facts) -> None:
    assert find_cause(calm) is None


def test_calm_nights_stay_calm(calm: Facts) -> None:
    named = [find_cause(night(calm, people(seed, 300))) for seed in range(100, 110)]
    assert named.count(None) == 10


@pytest.mark.parametrize("share", [1.0, 0.2])
@pytest.mark.parametrize("factor", [100.0, 0.001])
def test_another_unit_is_a_data_fault_and_is_named(calm: Facts, factor: float, share: float) -> None:
    drawn = people(7, 400)
    wrong = np.arange(400) < 400 * share
    cause = find_cause(
        night(calm, {**drawn, "income": np.where(wrong, drawn["income"] * factor, drawn["income"])})
    )
    assert cause is not None
    assert (cause.kind, cause.about, cause.proposes) == ("data_fault", "income", "mend")
    assert f"{share:.0%}".replace("%", " %") in cause.evidence[0].sentence
    assert ("100 times" if factor > 1 else "1/1,000 times") in cause.evidence[0].sentence


def test_a_burst_of_missing_values_is_a_data_fault(calm: Facts) -> None:
    drawn = people(7, 400)
    gone = pa.array(drawn["amount"], mask=np.random.default_rng(5).random(400) < 0.2)
    cause = find_cause(replace(calm, now=answered(drawn).set_column(2, "amount", gone)))
    assert cause is not None and (cause.kind, cause.about) == ("data_fault", "amount")
    assert "are missing" in cause.evidence[0].sentence


def test_one_value_that_fills_in_for_others_is_a_data_fault(calm: Facts) -> None:
    drawn = people(7, 400)
    filled = np.where(np.random.default_rng(5).random(400) < 0.3, -1.0, drawn["years"])
    cause = find_cause(night(calm, {**drawn, "years": filled}))
    assert cause is not None and (cause.kind, cause.about) == ("data_fault", "years")
    assert "years is -1 in" in cause.evidence[0].sentence


def test_rows_that_come_twice_are_a_data_fault(calm: Facts) -> None:
    once = answered(people(7, 200))
    cause = find_cause(replace(calm, now=pa.concat_tables([once, once])))
    assert cause is not None and (cause.kind, cause.about) == ("data_fault", "rows")


def test_what_the_suite_calls_a_fault_is_one_before_anything_else(calm: Facts) -> None:
    cause = find_cause(night(calm, people(7, 400, poorer=1), faults=("income is missing from the rows.",)))
    assert cause is not None and (cause.kind, cause.proposes) == ("data_fault", "mend")


def test_one_bad_source_is_named(calm: Facts) -> None:
    drawn = people(7, 400)
    cause = find_cause(
        night(calm, {**drawn, "years": np.where(drawn["channel"] == "partner", 0, drawn["years"])})
    )
    assert cause is not None
    assert (cause.kind, cause.about, cause.proposes) == ("bad_source", "channel=partner", "mend")


def test_another_currency_from_one_source_is_a_bad_source(calm: Facts) -> None:
    drawn = people(7, 400)
    crowns = np.where(drawn["channel"] == "branch", drawn["income"] * 11, drawn["income"])
    cause = find_cause(night(calm, {**drawn, "income": crowns}))
    assert cause is not None and (cause.kind, cause.about) == ("bad_source", "channel=branch")


def test_a_night_like_the_same_weeks_last_year_is_the_season(calm: Facts) -> None:
    cause = find_cause(night(calm, people(7, 400, travel=0.5), day=CHRISTMAS))
    assert cause is not None and (cause.kind, cause.proposes) == ("season", "nothing")


def test_without_a_winter_in_the_training_data_it_is_no_season() -> None:
    cause = find_cause(night(known(seasons=False), people(7, 400, travel=0.5), day=CHRISTMAS))
    assert cause is not None and cause.kind == "covariate_shift"


def test_the_training_datas_own_last_weeks_are_no_season(calm: Facts) -> None:
    cause = find_cause(night(calm, people(7, 400, travel=0.5), day=CHRISTMAS.replace(year=2025)))
    assert cause is not None and cause.kind == "covariate_shift"


def test_poorer_people_are_a_covariate_shift_that_touches_the_score(calm: Facts) -> None:
    cause = find_cause(night(calm, people(7, 400, poorer=0.6)))
    assert cause is not None and (cause.kind, cause.about, cause.proposes) == (
        "covariate_shift",
        "income",
        "retrain",
    )
    assert any("The score has moved" in one.sentence for one in cause.evidence)


def test_a_shift_that_leaves_the_score_alone_proposes_nothing(calm: Facts) -> None:
    cause = find_cause(night(calm, people(7, 400, travel=0.5)))
    assert cause is not None and (cause.kind, cause.proposes) == ("covariate_shift", "nothing")


def test_columns_that_only_move_together_are_a_covariate_shift(calm: Facts) -> None:
    drawn = people(7, 1500)
    order = np.argsort(np.argsort(drawn["years"]))
    cause = find_cause(night(calm, {**drawn, "amount": np.sort(drawn["amount"])[order]}))
    assert cause is not None and cause.kind == "covariate_shift"
    assert any("A classifier tells" in one.sentence for one in cause.evidence)


def test_more_of_those_who_will_not_pay_is_a_label_shift(calm: Facts) -> None:
    drawn = people(7, 2000)
    bad = outcomes(7, law(drawn))
    keep = np.append(np.flatnonzero(bad)[:250], np.flatnonzero(~bad)[:250])
    cause = find_cause(night(calm, {name: values[keep] for name, values in drawn.items()}))
    assert cause is not None
    assert (cause.kind, cause.about, cause.proposes) == ("label_shift", "true", "refit")


def test_outcomes_that_no_longer_follow_the_score_are_concept_drift(calm: Facts) -> None:
    cause = find_cause(replace(calm, cohort=cohort(9, turned=True)))
    assert cause is not None and (cause.kind, cause.proposes) == ("concept_drift", "retrain")
    assert "outcomes came true" in cause.evidence[0].sentence


def test_other_people_in_the_cohort_are_no_concept_drift(calm: Facts) -> None:
    assert find_cause(replace(calm, cohort=cohort(9, poorer=0.6))) is None


def test_a_limit_crossed_that_nothing_explains_asks_a_person(calm: Facts) -> None:
    cause = find_cause(replace(calm, crossed=("roc_auc is 0.6; it must be at least 0.66.",)))
    assert cause is not None and (cause.kind, cause.proposes) == ("unclear", "ask")


def test_a_score_that_moves_by_itself_asks_a_person(calm: Facts) -> None:
    drawn = people(7, 400)
    cause = find_cause(replace(calm, now=answered(drawn, law(drawn) * 0.5)))
    assert cause is not None and (cause.kind, cause.proposes) == ("unclear", "ask")


def test_a_package_older_than_the_background_is_triaged_as_far_as_it_goes(calm: Facts) -> None:
    older = {name: calm.profile[name] for name in ("rows", "features", "score", "prediction")}
    cause = find_cause(night(calm, people(7, 400, poorer=0.6), profile=older))
    assert cause is not None and cause.kind == "covariate_shift"
    assert find_cause(replace(calm, profile=older, cohort=cohort(9, turned=True))) is None


def test_a_night_without_rows_has_no_cause(calm: Facts) -> None:
    assert find_cause(replace(calm, now=calm.now.slice(0, 0))) is None
