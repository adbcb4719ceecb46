"""Cases: told apart, known by number alone, and enough unfavourable answers among them."""

from pathlib import Path

import numpy as np
import pyarrow as pa
import pytest

from airlock.examination.explanation.cases import Case, choose, refused, told_cases
from airlock.examination.explanation.shapley import explainer_for
from airlock.examination.subject import Subject
from airlock.package.frame import frame
from tests.airlock.examination.explanation.subjects import (
    BOOSTED,
    BOOSTED_NUMBERS,
    of_numbers,
    of_three,
    subject,
)

FIVE = [
    "the surest yes",
    "the surest no",
    "the nearest to the threshold",
    "the nearest to the threshold",
    "the worst error",
]
COSTS = {"false_positive": 1, "false_negative": 4}


@pytest.fixture(scope="module")
def made(tmp_path_factory: pytest.TempPathFactory) -> tuple[Subject, pa.Table]:
    decision = {"yes_means": "no loan", "costs": COSTS}
    return subject(BOOSTED, tmp_path_factory.mktemp("made"), decision=decision)


def told(who: Subject, train: pa.Table) -> tuple[Case, ...]:
    kinds = who.predictor.signature.kinds
    rows, chosen = frame(who.rows, kinds), choose(who)
    explainer = explainer_for(who.predictor, frame(train, kinds), unit="", seed=1)
    return told_cases(who, chosen, rows, explainer.explain(rows.iloc[[one.row for one in chosen]]))


def test_each_case_is_another_row_and_is_known_by_its_number(made) -> None:
    chosen = choose(made[0])
    assert [one.case for one in chosen] == [str(number + 1) for number in range(len(chosen))]
    assert len({one.row for one in chosen}) == len(chosen)
    assert [one.why for one in chosen][:5] == FIVE


def test_the_cases_are_what_they_are_called(made) -> None:
    who, scores = made[0], made[0].answers.scores
    yes, no, near, next_near, worst = (one.row for one in choose(who)[:5])
    assert (scores[yes], scores[no]) == (scores.max(), scores.min())
    distances = np.sort(np.abs(scores - 0.2))
    assert sorted(abs(scores[[near, next_near]] - 0.2)) == pytest.approx(distances[:2])
    assert who.losses[worst] == np.delete(who.losses, [yes, no, near, next_near]).max()


def test_five_answers_among_them_are_unfavourable(made) -> None:
    unwelcome = refused(made[0])
    assert sum(unwelcome[one.row] for one in choose(made[0])) == 5


def test_unfavourable_is_what_the_decision_says(tmp_path: Path) -> None:
    decision = {"yes_means": "a discount", "unfavourable": "negative"}
    who, _ = subject(BOOSTED, tmp_path, decision=decision)
    assert (refused(who) == ~who.said_yes).all()


def test_values_are_as_in_the_data_with_the_largest_contribution_first(made) -> None:
    who = made[0]
    for case, one in zip(told(*made), choose(who), strict=True):
        row = who.rows.slice(one.row, 1).to_pylist()[0]
        assert {feature: value for feature, value, _ in case.contributions} == {
            name: row[name] for name in ("income", "debt", "housing", "insured")
        }
        sizes = [abs(contribution) for *_, contribution in case.contributions]
        assert sizes == sorted(sizes, reverse=True)
        assert case.happened == str(row["defaulted"]).lower()


def test_nothing_says_whose_a_case_is(made) -> None:
    said = str([case.to_json() for case in told(*made)])
    assert not any(key in said for key in made[0].rows["loan"].to_pylist())
    assert "'sex'" not in said


def test_a_small_holdout_has_as_many_cases_as_rows(made) -> None:
    who = made[0]
    few = Subject(
        who.spec, who.predictor, who.rows.slice(0, 3), who.truth[:3], who.answers.take(np.arange(3))
    )
    assert sorted(one.row for one in choose(few)) == [0, 1, 2]


def test_three_classes_and_numbers_have_cases_too(tmp_path: Path) -> None:
    who, _ = of_three(BOOSTED, tmp_path / "three")
    assert [one.why for one in choose(who)][::4] == ["the surest answer", "the worst error"]
    cases = told(*of_numbers(BOOSTED_NUMBERS, tmp_path / "numbers"))
    assert [case.why for case in cases][:2] == ["the highest answer", "the lowest answer"]
    assert cases[0].score > cases[2].score > cases[1].score
    assert len(cases) == 5
