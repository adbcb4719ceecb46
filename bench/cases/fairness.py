"""Fairness: a hold-out's figures by every protected group and intersection."""

from collections.abc import Iterator
from typing import TYPE_CHECKING, Any

import numpy as np
import pyarrow as pa

from bench.case import Case, Measured, timed
from bench.world import World

if TYPE_CHECKING:
    import pandas as pd

    from airlock.examination.subject import Subject
    from airlock.spec import ModelSpec

#: How many nights' rows are examined.
NIGHTS = 10
PROTECTED: dict[str, dict[str, Any]] = {
    "sex": {"kind": "category"},
    "region": {"kind": "category"},
    "age": {"kind": "number", "bands": [25, 40, 60]},
}


def ours(world: World) -> Measured:
    """Figures with intervals, disparities with intervals, and what is surely unfair."""
    from airlock.examination.fairness.fairness import measure

    subject = _subject(world)
    return timed(lambda: measure(subject))


def fairlearn(world: World) -> Measured:
    """One MetricFrame of the finest intersection, a part of the job; it fails if the numbers differ."""
    import fairlearn.metrics as fl
    import pandas as pd
    from sklearn.metrics import accuracy_score, precision_score

    subject = _subject(world)
    metrics = {
        "selection_rate": fl.selection_rate,
        "true_positive_rate": fl.true_positive_rate,
        "false_positive_rate": fl.false_positive_rate,
        "accuracy": accuracy_score,
        "precision": precision_score,
    }
    truth: np.ndarray = subject.happened.astype(int)
    said: np.ndarray = subject.said_yes.astype(int)
    groups = pd.DataFrame(dict(_groups(subject)))
    found: list[pd.DataFrame] = []

    def work() -> None:
        frame = fl.MetricFrame(metrics=metrics, y_true=truth, y_pred=said, sensitive_features=groups)
        found.append(frame.by_group)

    measured = timed(work)
    _assert_the_same(subject, found[0])
    return measured


def _subject(world: World) -> "Subject":
    from airlock.examination.subject import Subject
    from airlock.package.answers import Answers
    from airlock.package.predictor import Predictor

    number = world.size.rows * NIGHTS
    draw = np.random.default_rng(4)
    rows = pa.table(
        {
            "sex": draw.choice(["female", "male"], number),
            "region": draw.choice(["centre", "east", "north", "south", "west"], number),
            "age": draw.integers(18, 75, number),
        }
    )
    scores = draw.beta(1, 3, number)
    labels = np.array(["false", "true"])
    happened, said = labels[(draw.random(number) < scores) * 1], labels[(scores >= 0.5) * 1]
    answers = Answers(scores, said.tolist(), np.column_stack([1 - scores, scores]))
    return Subject(_spec(), Predictor(world.package.signature, None), rows, happened, answers)


def _spec() -> "ModelSpec":
    from airlock.spec import ModelSpec
    from bench import lender

    spec, role = lender.spec(), {"role": "protected", "classification": "sensitive"}
    value = spec.model_dump(mode="json") | {"name": spec.name}
    value["data"]["columns"] |= {name: role | column for name, column in PROTECTED.items()}
    return ModelSpec.model_validate(value)


def _groups(subject: "Subject") -> Iterator[tuple[str, np.ndarray]]:
    """Yield each attribute with the rows' groups as text, as fairlearn's users have them."""
    from airlock.examination.fairness.groups import groupings

    for grouping in groupings(subject.spec, subject.rows):
        yield grouping.attribute, np.array(grouping.groups, dtype=object)[grouping.codes]


def _assert_the_same(subject: "Subject", by_group: "pd.DataFrame") -> None:
    from airlock.examination.fairness.fairness import measure

    finest = measure(subject).attributes[-1]
    labels = [", ".join(group) for group in by_group.index]
    theirs = dict(zip(labels, by_group.to_dict("records"), strict=True))
    assert {group.group for group in finest.groups} == set(theirs)
    for group in finest.groups:
        for name, value in theirs[group.group].items():
            assert abs(group.figures[name] - value) < 1e-12, (group.group, name)


CASES = (
    Case(
        name=f"fairness of {NIGHTS} nights, 3 attributes and 4 intersections",
        unit="s",
        ours=ours,
        peers={"fairlearn MetricFrame, one intersection": fairlearn},
        peer_runs=1,
    ),
)
