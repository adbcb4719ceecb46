"""Robustness: how many decisions change when rows change a little, and whether rules are kept (F32)."""

import math
from collections.abc import Callable, Mapping
from dataclasses import asdict, dataclass
from types import MappingProxyType
from typing import Any

import numpy as np
import pyarrow as pa

from airlock.evaluation.figures import spell, to_json
from airlock.evaluation.metrics import compute
from airlock.examination.subject import Subject
from airlock.examination.weakness.attack import attack, confidence
from airlock.examination.weakness.perturbations import (
    missing_values,
    noise,
    of_kind,
    spread,
    unseen_categories,
)
from airlock.examination.weakness.rules import RuleResult, try_rule
from airlock.examination.weakness.sample import part_of
from airlock.findings import Finding
from airlock.monitoring.sentences import percent
from airlock.package.answers import Answers
from airlock.spec import Task
from airlock.spec.columns import Kind

#: At most so many rows are changed, taken evenly.
MOST_ROWS = 5_000
#: The share of the rows that counts as near the threshold.
NEAR = 0.1


@dataclass(frozen=True)
class Trial:
    """One way to change rows: what does it, which kinds of feature it needs, and the words for it."""

    change: Callable[[Subject, np.random.Generator], pa.Table]
    kinds: tuple[Kind, ...]
    words: str
    tasks: tuple[Task, ...] = tuple(Task)


TRIALS: Mapping[str, Trial] = MappingProxyType(
    {
        "noise": Trial(noise, (Kind.NUMBER,), "noise of a tenth of a standard deviation on every number"),
        "missing_values": Trial(missing_values, tuple(Kind), "one value in ten missing"),
        "unseen_categories": Trial(
            unseen_categories, (Kind.CATEGORY,), "one category in ten never seen before"
        ),
        "attack": Trial(
            attack,
            (Kind.NUMBER,),
            "every number moved by at most a tenth of a standard deviation so as to turn decisions",
            (Task.BINARY, Task.MULTICLASS),
        ),
    }
)


@dataclass(frozen=True)
class Tried:
    """What came of changing rows in one way.

    Attributes
    ----------
    before, after
        The metric that candidates are chosen by, on the rows as they are and as changed.
    changed
        The share of the decisions that are others now; for a regression, how far the numbers moved on
        average, in standard deviations of what was answered.
    near_threshold
        The same among the tenth of the rows that were decided most narrowly; NaN for a regression.
    """

    test: str
    before: float
    after: float
    changed: float
    near_threshold: float
    sentence: str


@dataclass(frozen=True)
class Robustness:
    """What came of changing rows in every way, and of the rules."""

    task: Task
    metric: str
    rows: int
    tests: tuple[Tried, ...]
    rules: tuple[RuleResult, ...]

    @property
    def measures(self) -> dict[str, float]:
        """The share that changes under each change, and the worst share that breaks a rule; NaN fails."""
        verb = "shift" if self.task is Task.REGRESSION else "flips"
        shares = [rule.share for rule in self.rules]
        return {
            **{f"{verb}_under_{tried.test}": tried.changed for tried in self.tests},
            "rule_violations": float(np.max(shares)) if shares else 0.0,
        }

    @property
    def findings(self) -> tuple[Finding, ...]:
        """A sentence for each rule that is broken, and for each change that could not be tried."""
        untold = (
            Finding("robustness", tried.test, tried.sentence)
            for tried in self.tests
            if not math.isfinite(tried.changed)
        )
        return (*untold, *(found for rule in self.rules if (found := rule.finding)))

    def to_json(self) -> dict[str, Any]:
        """Return the robustness as JSON; a figure that is NaN becomes null."""
        return to_json(
            {
                "measures": self.measures,
                "metric": self.metric,
                "rows": self.rows,
                "tests": [asdict(tried) for tried in self.tests],
                "rules": [rule.to_json() for rule in self.rules],
                "findings": [finding.to_json() for finding in self.findings],
            }
        )


def measure_robustness(subject: Subject) -> Robustness:
    """Change at most 5,000 rows in every way, and try every rule of the spec on them."""
    part = part_of(subject, MOST_ROWS)
    tests = tuple(
        _try(part, name, trial, np.random.default_rng([subject.spec.training.seed, place]))
        for place, (name, trial) in enumerate(TRIALS.items())
        if subject.spec.task in trial.tasks
    )
    rules = tuple(try_rule(part, rule) for rule in subject.spec.rules)
    return Robustness(subject.spec.task, subject.spec.training.select_by, len(part), tests, rules)


def _try(part: Subject, name: str, trial: Trial, draw: np.random.Generator) -> Tried:
    before, near = _metric(part, part.answers), math.nan
    if not of_kind(part.predictor.signature, *trial.kinds):
        words = f"No feature is a {trial.kinds[0]}, so there is nothing to change: {trial.words}."
        return Tried(name, before, before, 0.0, 0.0, words)
    try:
        answers = part.predictor.predict_table(trial.change(part, draw))
    except Exception as error:  # whatever an estimator raises: that it cannot answer is the figure, and fails
        words = f"With {trial.words}, there is no answer: {type(error).__name__}."
        return Tried(name, before, math.nan, math.nan, near, words)
    if not (len(part) and np.isfinite(answers.scores).all() and np.isfinite(part.answers.scores).all()):
        words = f"With {trial.words}, not every answer is a number."
        return Tried(name, before, math.nan, math.nan, near, words)
    after, changes = _metric(part, answers), _changes(part, answers)
    changed = float(changes.mean())
    if part.spec.task is Task.REGRESSION:
        says = f"the numbers move by {spell(changed)} of their standard deviation on average"
    else:
        near = float(changes[_narrow(part)].mean())
        says = f"{percent(changed)} of {len(part):,} decisions change, {percent(near)} of the narrowest tenth"
    metric = part.spec.training.select_by
    goes = f"{metric} goes from {spell(before, after)} to {spell(after, before)}"
    return Tried(name, before, after, changed, near, f"With {trial.words}, {says}, and {goes}.")


def _changes(part: Subject, after: Answers) -> np.ndarray:
    if part.spec.task is Task.REGRESSION:
        return np.abs(after.scores - part.answers.scores) / (spread(part.answers.scores) or 1.0)
    return np.array(after.predictions, dtype=object) != np.array(part.answers.predictions, dtype=object)


def _narrow(part: Subject) -> np.ndarray:
    """Return the positions of the rows that are decided most narrowly."""
    firm = confidence(part.predictor, part.answers, part.answers)
    return np.argsort(firm, kind="stable")[: max(math.ceil(NEAR * len(part)), 1)]


def _metric(part: Subject, answers: Answers) -> float:
    signature = part.predictor.signature
    figures = compute(
        part.spec.task, part.truth, answers, classes=signature.classes, positive=signature.positive
    )
    return figures[part.spec.training.select_by]
