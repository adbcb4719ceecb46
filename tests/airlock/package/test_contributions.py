"""Contributions: they add up, they are Shapley's, and they depend on nothing but the row and the seed."""

from itertools import combinations
from math import factorial

import numpy as np
import pytest

from airlock.package.contributions import AT_ONCE, Columns, contributions, questions

DRAW = np.random.default_rng(3)
NAMES = ("age", "debt", "housing", "unused")


def table(rows: int) -> dict[str, np.ndarray]:
    return {
        "age": DRAW.normal(40, 9, rows),
        "debt": np.where(DRAW.random(rows) < 0.2, np.nan, DRAW.lognormal(8, 1, rows)),
        "housing": DRAW.choice(["own", "rent", ""], rows).astype(object),
        "unused": DRAW.random(rows),
    }


def model(rows: Columns) -> np.ndarray:
    """Two outputs with everything that is hard to add up: products, steps, missing values, texts."""
    debt = np.nan_to_num(rows["debt"], nan=1000.0)
    renting = rows["housing"] == "rent"
    risk = 1 / (1 + np.exp(-(debt / 3000 - rows["age"] / 40 + renting * (rows["age"] < 30))))
    return np.column_stack([1 - risk, risk])


def exact(rows: Columns, row: int, background: Columns) -> np.ndarray:
    """Shapley values of one row by their definition, over every set of features: (features, outputs)."""

    def value(chosen: tuple[str, ...]) -> np.ndarray:
        mixed = {n: np.full_like(v, rows[n][row]) if n in chosen else v for n, v in background.items()}
        return model(mixed).mean(axis=0)

    count = len(NAMES)
    found = np.zeros((count, 2))
    for place, name in enumerate(NAMES):
        others = [other for other in NAMES if other != name]
        for size in range(count):
            weight = factorial(size) * factorial(count - 1 - size) / factorial(count)
            for chosen in combinations(others, size):
                found[place] += weight * (value((*chosen, name)) - value(chosen))
    return found


def test_average_and_contributions_add_up_to_the_answer() -> None:
    rows, background = table(20), table(50)
    values, average = contributions(model, rows, background, seed=5)
    assert values.shape == (20, 4, 2)
    np.testing.assert_allclose(average, model(background).mean(axis=0), rtol=1e-12)
    np.testing.assert_allclose(average + values.sum(axis=1), model(rows), rtol=1e-12)


def test_they_come_near_the_shapley_values_of_the_definition() -> None:
    rows, background = table(1), table(40)
    often = {name: np.tile(values, 100) for name, values in background.items()}
    values, _ = contributions(model, rows, often, seed=5)
    np.testing.assert_allclose(values[0], exact(rows, 0, background), atol=0.003)


def test_what_the_model_does_not_use_contributes_nothing() -> None:
    values, _ = contributions(model, table(5), table(50), seed=5)
    assert (values[:, NAMES.index("unused")] == 0).all()
    assert (values[:, NAMES.index("debt")] != 0).all()


def test_a_row_is_explained_the_same_alone_and_among_others() -> None:
    rows, background = table(9), table(50)
    among, _ = contributions(model, rows, background, seed=5)
    alone, _ = contributions(model, {n: v[4:5] for n, v in rows.items()}, background, seed=5)
    again, _ = contributions(model, rows, background, seed=5)
    other, _ = contributions(model, rows, background, seed=6)
    np.testing.assert_array_equal(among[4], alone[0])
    np.testing.assert_array_equal(among, again)
    assert (among != other).any()


def test_the_model_is_asked_about_few_mixtures_at_once() -> None:
    asked: list[int] = []

    def counting(rows: Columns) -> np.ndarray:
        asked.append(len(rows["age"]))
        return model(rows)

    rows, background = table(100), table(50)
    values, _ = contributions(counting, rows, background, seed=5)
    assert sum(asked) == 100 * questions(len(NAMES), 50)
    assert max(asked) <= AT_ONCE < sum(asked)
    np.testing.assert_allclose(values.sum(axis=1), model(rows) - model(background).mean(axis=0), atol=1e-12)


@pytest.mark.parametrize("features", [1, 2])
def test_few_features_are_enough(features: int) -> None:
    def plus(rows: Columns) -> np.ndarray:
        return np.sum(list(rows.values()), axis=0)[:, None]

    rows = {str(n): np.array([3.0]) for n in range(features)}
    values, average = contributions(plus, rows, {name: np.array([1.0, 2.0]) for name in rows}, seed=1)
    assert values.tolist() == [[[1.5]] * features]
    assert average.tolist() == [1.5 * features]
