"""Counterfactuals: they change the answer, by little, and ask of nobody what nobody can change."""

from pathlib import Path
from typing import Any

import numpy as np
import pandas as pd
import pyarrow as pa
import pytest

from airlock.examination.explanation.asking import ask
from airlock.examination.explanation.cases import Chosen, choose, refused
from airlock.examination.explanation.counterfactuals import Counterfactual, counterfactuals
from airlock.examination.subject import Subject
from airlock.package.frame import frame
from airlock.spec.columns import Kind
from tests.airlock.examination.explanation.subjects import (
    BOOSTED,
    BOOSTED_NUMBERS,
    NEIGHBOURS,
    of_numbers,
    of_three,
    subject,
)
from tests.airlock.loans import COLUMNS, LINEAR

FEATURES = ("income", "debt", "housing", "insured")


def fixed(*names: str) -> dict[str, Any]:
    return {name: COLUMNS[name] | {"changeable": False} for name in names}


def features(who: Subject) -> pd.DataFrame:
    return frame(who.rows, who.predictor.signature.kinds)


def found(who: Subject, rows: list[int] | None = None) -> tuple[Counterfactual, ...]:
    chosen = choose(who) if rows is None else [Chosen(str(row), row, "") for row in rows]
    return counterfactuals(who, chosen, features(who))


def many(who: Subject) -> list[Counterfactual]:
    """Return one for every refused row of the first hundred, in portions of five."""
    rows = np.flatnonzero(refused(who)[:100]).tolist()
    return [one for start in range(0, len(rows), 5) for one in found(who, rows[start : start + 5])]


def with_changes(who: Subject, one: Counterfactual) -> pd.DataFrame:
    kinds, row = who.predictor.signature.kinds, features(who).iloc[[int(one.case)]].copy()
    for change in one.changes:
        assert not isinstance(change.after, type(None))
        row[change.feature] = change.after if kinds[change.feature] is Kind.CATEGORY else float(change.after)
    return row


@pytest.fixture(scope="module")
def made(tmp_path_factory: pytest.TempPathFactory) -> tuple[Subject, pa.Table]:
    return subject(BOOSTED, tmp_path_factory.mktemp("made"))


@pytest.mark.parametrize("candidate", [LINEAR, BOOSTED, NEIGHBOURS], ids=["linear", "trees", "neighbours"])
@pytest.mark.parametrize("unchangeable", [(), ("debt",), ("income", "insured")])
def test_every_counterfactual_changes_the_answer_in_few_changeable_features(
    candidate: dict[str, Any], unchangeable: tuple[str, ...], tmp_path: Path
) -> None:
    who, _ = subject(candidate, tmp_path, columns=fixed(*unchangeable))
    told = many(who)
    for one in told:
        assert len(one.changes) <= 3
        assert not {change.feature for change in one.changes} & set(unchangeable)
        if one.changes:
            again = ask(who.predictor, with_changes(who, one))
            assert again.predictions == [one.new_prediction] != [one.prediction]
            assert again.scores[0] == pytest.approx(one.new_score)
            assert one.score == pytest.approx(who.answers.scores[int(one.case)])
    assert np.mean([bool(one.changes) for one in told]) > 0.5
    assert unchangeable or all(one.changes for one in told)


def test_new_values_are_values_of_real_rows(made) -> None:
    who, _ = made
    for one in many(who):
        for change in one.changes:
            assert change.after in who.rows[change.feature].to_pylist()
            assert change.before != change.after


def test_no_change_can_be_left_out(made) -> None:
    who, _ = made
    rows = features(who)
    for one in many(who):
        for left_out in one.changes if len(one.changes) > 1 else ():
            row = with_changes(who, one)
            row[left_out.feature] = rows[left_out.feature].iloc[int(one.case)]
            assert ask(who.predictor, row).predictions == [one.prediction]


def test_a_number_moves_no_farther_than_it_must(tmp_path: Path) -> None:
    who, _ = subject(LINEAR, tmp_path, columns=fixed("income", "housing", "insured"))
    debts = np.unique(who.rows["debt"].to_numpy())
    for one in many(who):
        if one.changes:
            (change,) = one.changes
            row = with_changes(who, one)
            row["debt"] = debts[np.searchsorted(debts, change.after) + 3]
            assert change.after < change.before
            assert change.before < row["debt"].iloc[0] or ask(who.predictor, row).predictions == [
                one.prediction
            ]


def test_where_nobody_can_change_anything_nothing_is_found_and_that_is_said(tmp_path: Path) -> None:
    who, _ = subject(BOOSTED, tmp_path, columns=fixed(*FEATURES))
    for one in found(who):
        assert one.to_json()["changes"] == []
        assert one.new_prediction is None
        assert np.isnan(one.new_score)
        assert one.sentence.startswith("Nothing was found that would have changed the answer true")


def test_where_everybody_gets_one_answer_nothing_is_found(made) -> None:
    who, _ = made
    alike = np.flatnonzero(who.said_yes)
    same = Subject(
        who.spec, who.predictor, who.rows.take(pa.array(alike)), who.truth[alike], who.answers.take(alike)
    )
    assert {one.new_prediction for one in found(same)} == {None}


def test_the_sentence_says_all_of_it(made) -> None:
    one = next(one for one in found(made[0]) if one.changes)
    for change in one.changes:
        assert change.feature in one.sentence
    assert one.sentence.startswith("With ")
    assert "the answer would have been false (0." in one.sentence
    assert one.to_json().keys() >= {"case", "score", "changes", "new_score", "sentence"}
    assert one.to_json()["changes"][0].keys() == {"feature", "from", "to"}


def test_at_most_five_are_told_and_the_same_each_time(made) -> None:
    assert len(found(made[0])) == 5
    assert found(made[0]) == found(made[0])


def test_the_answers_people_want_to_avoid_are_the_ones_asked_about(tmp_path: Path) -> None:
    who, _ = subject(BOOSTED, tmp_path, decision={"yes_means": "a discount", "unfavourable": "negative"})
    assert {one.prediction for one in found(who)} == {"false"}


def test_of_three_classes_another_one_would_have_been_answered(tmp_path: Path) -> None:
    who, _ = of_three(BOOSTED, tmp_path)
    for one in many(who):
        again = ask(who.predictor, with_changes(who, one))
        place = who.predictor.signature.classes.index(one.prediction)
        assert again.predictions == [one.new_prediction] != [one.prediction]
        assert again.probabilities[0, place] == pytest.approx(one.new_score)
        assert one.new_score < one.score


def test_a_number_is_no_refusal(tmp_path: Path) -> None:
    assert found(of_numbers(BOOSTED_NUMBERS, tmp_path)[0]) == ()
