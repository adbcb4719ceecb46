"""The night's page: self-contained, whole even where columns are empty, and of one mind with the alerts."""

import re
from collections.abc import Iterable, Sequence
from dataclasses import replace
from datetime import date, timedelta

import numpy as np
import pyarrow as pa
import pytest

from airlock.monitoring import drift
from airlock.monitoring.performance import logged_answers
from airlock.monitoring.profile import profile
from airlock.monitoring.report import MOST_ROWS, Figure, evidently_page
from airlock.monitoring.sample import stratified
from airlock.package.answers import Answers
from airlock.samples.credit import Episode, World, default_probability, generate
from airlock.spec.columns import Kind
from airlock.spec.monitoring import Drift
from tests.airlock.monitoring.worlds import FEATURES, scored

APPLICATION = {
    **dict.fromkeys(("amount", "term_months", "income", "employment_years", "existing_debt"), Kind.NUMBER),
    **dict.fromkeys(("purpose", "housing", "channel"), Kind.CATEGORY),
}
NIGHT = date(2026, 12, 1)


def page(
    reference: pa.Table,
    night: pa.Table,
    figures: Sequence[Figure],
    *,
    features: dict[str, Kind] = FEATURES,
    rows: int | None = None,
    classifier: bool = True,
) -> str:
    return evidently_page(
        reference,
        night,
        features,
        figures,
        title="Credit <risk>, 2026-11-01",
        rows=rows or len(night),
        classifier=classifier,
        limits=Drift(psi=0.25),
    )


def calm(names: Iterable[str]) -> list[Figure]:
    return [Figure(name, 0.01, 0.01, False) for name in names]


def test_the_page_is_self_contained_and_names_what_it_shows() -> None:
    night = scored(2, 300).set_column(0, "amount", pa.nulls(300, pa.float64()))
    written = page(scored(1, 3000), night, calm((*FEATURES, "score", "prediction")))
    assert "Credit &lt;risk&gt;, 2026-11-01" in written
    assert "300 rows that night. Every drift score below comes from all of them" in written
    assert "The charts show" not in written
    assert "so not shown: amount." in written
    assert "income" in written and "vip" in written
    assert not re.search(r"<(script|link|img|iframe)\b[^>]*\b(src|href)\s*=\s*[\"']?(https?:)?//", written)


def test_a_regression_shows_its_score_once() -> None:
    features = {"income": FEATURES["income"]}
    figures = calm(("income", "score"))
    written = page(scored(1, 500), scored(2, 100), figures, features=features, classifier=False)
    assert '"score"' in written and '"prediction"' not in written


def test_the_scores_and_marks_that_evidently_shows_are_those_of_the_full_pass() -> None:
    features = {name: FEATURES[name] for name in ("income", "age")}
    figures = [Figure("income", 0.4321, 0.43, True), Figure("age", 0.3456, 0.34, False)]
    written = page(
        scored(1, 500), scored(2, 500), [*figures, *calm(("score", "prediction"))], features=features
    )
    rows = re.findall(r'"column_name": "(\w+)".*?"data_drift": "([\w ]+)", "drift_score": ([\d.]+)', written)
    assert rows == [
        ("income", "Detected", "0.4321"),
        ("age", "Not Detected", "0.3456"),
        ("score", "Not Detected", "0.01"),
        ("prediction", "Not Detected", "0.01"),
    ]


def test_a_sample_that_agrees_says_so_and_one_that_does_not_says_where() -> None:
    reference, night = scored(1, 300), scored(2, 300)
    names = ("income", "score", "prediction")
    features = {"income": FEATURES["income"]}
    agreed = page(reference, night, calm(names), features=features, rows=9000)
    assert "The charts show 300 of the rows." in agreed
    assert "These rows alone give every column the same PSI within 0.03 or 20 % of it." in agreed
    apart = [Figure("income", 0.1, 0.2, False), *calm(names[1:])]
    assert "off by more than 0.03 or 20 % of it: income (all rows 0.100, these 0.200)." in page(
        reference, night, apart, features=features, rows=9000
    )


def applications(world: World, first: date, days: int) -> pa.Table:
    """Draw applications, each with the chance of default for a score."""
    rows = generate(world, first, first + timedelta(days=days)).applications
    chance = np.asarray(default_probability(rows.assign(age=40)))
    drawn = pa.Table.from_pandas(rows[list(APPLICATION)], preserve_index=False)
    answers = {"score": pa.array(chance), "prediction": pa.array(np.where(chance > 0.25, "true", "false"))}
    return pa.table({name: drawn[name] for name in APPLICATION} | answers)


def classified(rows: pa.Table) -> Answers:
    """Return the answers in the rows as a classifier's, which a profile counts by class."""
    return replace(logged_answers(rows), probabilities=np.zeros((len(rows), 2)))


@pytest.fixture(scope="module")
def reference() -> dict[str, object]:
    """Return the profile of two calm months."""
    rows = applications(World(), date(2026, 1, 1), 60)
    return profile(rows, APPLICATION, classified(rows))


@pytest.mark.parametrize("strength", [1.0, 0.3])
@pytest.mark.parametrize(
    "scenario", ["calm", "feed_fault", "bad_source", "season", "covariate_shift", "concept_drift"]
)
def test_the_sample_agrees_with_the_full_pass_on_the_generators_nights(
    reference: dict[str, object], scenario: str, strength: float
) -> None:
    episode = Episode(scenario, date(2026, 4, 1), None, strength)
    night = applications(World(applications_per_day=20_000, episodes=(episode,)), NIGHT, 1)
    sample, rows = stratified([night], reference, MOST_ROWS)
    assert sample is not None
    assert rows > 3 * len(sample) == 3 * MOST_ROWS
    whole, part = (drift.measure(reference, [seen]) for seen in (night, sample))
    compared = [Figure(one.column, one.psi, other.psi, False) for one, other in zip(whole, part, strict=True)]
    assert [figure for figure in compared if not figure.agrees] == []
    assert len(compared) == len(APPLICATION) + 2
