"""Explaining one answer: it adds up, it is always the same, and it says what moved what."""

from collections.abc import Callable
from dataclasses import dataclass
from typing import Any

import pytest

from airlock.package.explaining import Explainer
from airlock.package.package import Package, open_package
from airlock.package.predictor import Predictor
from airlock.package.scorer import Scorer
from airlock.store import Store
from tests.airlock.examination.explanation.subjects import (
    BOOSTED,
    BOOSTED_NUMBERS,
    NEIGHBOURS,
    of_numbers,
    of_three,
    subject,
)
from tests.airlock.loans import LINEAR

ROW = {"income": 1500.0, "debt": 9000.0, "housing": "rent", "insured": False}
RICH = {"income": 9000.0, "debt": None, "housing": None, "insured": True}


@dataclass(frozen=True)
class Made:
    """A package and who explains it."""

    package: Package
    explainer: Explainer


@pytest.fixture(scope="module")
def explained(tmp_path_factory: pytest.TempPathFactory) -> Callable[..., Made]:
    known: dict[str, Made] = {}

    def make(
        kind: Callable[..., Any],
        candidate: dict[str, Any],
        *,
        original: bool = False,
        unit: str = "probability",
    ) -> Made:
        name = f"{kind.__name__} {candidate} {original}"
        if name not in known:
            folder = tmp_path_factory.mktemp("made")
            kind(candidate, folder)
            (digest,) = (place.name for place in (folder / "store" / "packages").iterdir())
            package = open_package(Store(folder / "store"), digest)
            answering = Predictor.load(package) if original else Scorer.load(package)
            known[name] = Made(package, Explainer.of(answering, package.background(), unit))
        return known[name]

    return make


@pytest.mark.parametrize(
    ("kind", "candidate", "original", "about", "unit"),
    [
        (subject, BOOSTED, False, "the probability of true", "probability"),
        (subject, LINEAR, True, "the probability of true", "probability"),
        (subject, NEIGHBOURS, True, "the probability of true", "probability"),
        (of_three, BOOSTED, False, "the probability of heavy", "probability"),
        (of_numbers, BOOSTED_NUMBERS, False, "the predicted number", "EUR"),
    ],
)
@pytest.mark.parametrize("row", [ROW, RICH], ids=["known", "missing"])
def test_base_and_contributions_add_up_to_the_score_that_is_answered(
    explained: Callable[..., Made],
    kind: Callable[..., Any],
    candidate: dict[str, Any],
    original: bool,
    about: str,
    unit: str,
    row: dict[str, Any],
) -> None:
    made = explained(kind, candidate, original=original, unit=unit)
    told = made.explainer.explain(row)
    (answer,) = made.explainer.answering.predict([row])
    assert (told.score, told.prediction, told.unit) == (answer.score, answer.prediction, unit)
    assert told.base + sum(one.contribution for one in told.contributions) == pytest.approx(told.score)
    assert {one.feature for one in told.contributions} == set(row)
    if row is ROW:
        assert told.about == about


def test_the_base_is_the_average_answer_over_the_background(explained: Callable[..., Made]) -> None:
    made = explained(subject, BOOSTED)
    scores = [answer.score for answer in made.explainer.answering.predict(made.package.background())]
    base = made.explainer.explain(ROW).base
    assert base == pytest.approx(sum(scores) / len(scores), abs=1e-6)


def test_the_largest_contribution_is_first_and_said_in_words(explained: Callable[..., Made]) -> None:
    told = explained(subject, BOOSTED).explainer.explain(ROW)
    sizes = [abs(one.contribution) for one in told.contributions]
    assert sizes == sorted(sizes, reverse=True)
    first = told.contributions[0]
    assert (first.feature, first.value, first.contribution > 0.1) == ("debt", 9000.0, True)
    by = f"{first.contribution:.3g}"
    assert first.sentence == f"debt = 9,000 raised the probability of true by {by}."
    assert told.method.startswith("sampled Shapley values (for each of 50 background rows")


def test_the_same_row_is_always_explained_the_same(explained: Callable[..., Made]) -> None:
    made = explained(subject, BOOSTED)
    again = Explainer.of(Scorer.load(made.package), made.package.background())
    assert made.explainer.explain(ROW) == again.explain(dict(reversed(ROW.items())))


def test_what_is_not_known_is_called_unknown_and_a_long_text_is_cut(explained: Callable[..., Made]) -> None:
    told = explained(subject, BOOSTED).explainer.explain(RICH | {"housing": "x" * 200})
    sentences = {one.feature: one.sentence for one in told.contributions}
    assert sentences["debt"].startswith("debt = unknown ")
    assert sentences["housing"].startswith(f"housing = {'x' * 60}... ")
    assert sentences["insured"].startswith("insured = true ")
