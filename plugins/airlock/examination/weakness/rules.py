"""Rules: how the score must behave when one feature of a row changes and all others stay (F32).

These are metamorphic relations: they need no outcome, only two answers of the same model. See Chen, Kuo, Liu,
Poon, Towey, Tse, Zhou: Metamorphic Testing: A Review of Challenges and Opportunities, ACM Computing Surveys
2018; and CheckList (Ribeiro, Wu, Guestrin, Singh, ACL 2020) for directions that a score must keep.
"""

import math
from collections.abc import Iterator
from dataclasses import asdict, dataclass
from typing import Any

import numpy as np
import pyarrow as pa
import pyarrow.compute as pc

from airlock.examination.subject import Subject
from airlock.examination.weakness.perturbations import categories, numbers, spread, with_column
from airlock.examination.weakness.sample import part_of
from airlock.findings import Finding
from airlock.monitoring.sentences import percent
from airlock.package.answers import Answers
from airlock.spec import Task
from airlock.spec.columns import Kind
from airlock.spec.robustness import Rule

#: A feature with many categories is tried on fewer rows, down to `FEWEST_ROWS`.
MOST_ANSWERS, FEWEST_ROWS = 50_000, 250


@dataclass(frozen=True)
class RuleResult:
    """One rule, tried on rows.

    Attributes
    ----------
    rows, missing
        How many rows it was tried on, and how many more could not be changed because they lack the feature.
    broken, share
        How many of the rows break it; the share is NaN where it could not be tried on any.
    """

    feature: str
    sentence: str
    rows: int
    missing: int
    broken: int
    share: float
    at_most: float
    passed: bool

    def to_json(self) -> dict[str, Any]:
        """Return the result as plain values."""
        return asdict(self)

    @property
    def finding(self) -> Finding | None:
        """The sentence to be known, where the rule is broken or could not be tried."""
        return None if self.passed else Finding("rule", self.feature, self.sentence)


def try_rule(subject: Subject, rule: Rule) -> RuleResult:
    """Change the feature on every row that has it, and count the rows whose score moves as it must not.

    A number moves by `rule.by` standard deviations of the feature. A category or boolean takes each other
    value in turn, and one that breaks the rule is enough. For several classes the score is the probability of
    the class that was predicted first.
    """
    values = len(categories(subject, rule.feature)) if _kind(subject, rule) is Kind.CATEGORY else 1
    part = part_of(subject, max(FEWEST_ROWS, MOST_ANSWERS // max(values, 1)))
    there = pc.is_valid(part.rows[rule.feature]).to_numpy(zero_copy_only=False)
    tried: np.ndarray = np.zeros(len(part), dtype=bool)
    broken: np.ndarray = np.zeros(len(part), dtype=bool)
    try:
        for changed, rows in _changes(part, rule):
            moves = _moves(part, part.predictor.predict_table(rows))
            if not np.isfinite(moves[changed]).all():
                return _result(rule, 0, 0, 0, "An answer is not a number, so it cannot be told.")
            tried |= changed
            broken |= changed & _forbidden(rule, moves)
    except Exception as error:  # whatever an estimator raises: the rule could not be tried, which fails
        return _result(rule, 0, 0, 0, f"It could not be tried: {type(error).__name__}.")
    return _result(rule, int(tried.sum()), int((~there).sum()), int(broken.sum()), "")


def _kind(subject: Subject, rule: Rule) -> Kind:
    return subject.predictor.signature.kinds[rule.feature]


def _changes(part: Subject, rule: Rule) -> Iterator[tuple[np.ndarray, pa.Table]]:
    """Yield which rows differ now, and the rows with the feature changed."""
    name, kind = rule.feature, _kind(part, rule)
    if kind is Kind.NUMBER:
        values = numbers(part.rows, name)
        step = rule.by * spread(values) * (1 if rule.goes == "up" else -1)
        yield np.isfinite(values) & (step != 0), with_column(part.rows, name, values + step)
        return
    column = part.rows[name].combine_chunks()
    others = [False, True] if kind is Kind.BOOLEAN else categories(part, name)
    column = column.cast(pa.bool_() if kind is Kind.BOOLEAN else pa.string())
    for other in others:
        differs = pc.fill_null(pc.not_equal(column, other), False)
        rows = with_column(part.rows, name, pc.if_else(differs, other, column))
        yield differs.to_numpy(zero_copy_only=False), rows


def _moves(part: Subject, after: Answers) -> np.ndarray:
    """Return how far each score rose: a probability, or a number as a share of the scores' spread."""
    before = part.answers
    if part.spec.task is Task.MULTICLASS:
        assert before.probabilities is not None and after.probabilities is not None
        said = before.probabilities.argmax(axis=1), np.arange(len(part))
        return after.probabilities[said[::-1]] - before.probabilities[said[::-1]]
    moved = after.scores - before.scores
    if part.spec.task is Task.REGRESSION:
        return moved / (spread(before.scores) or 1.0)
    return moved


def _forbidden(rule: Rule, moves: np.ndarray) -> np.ndarray:
    rises, falls = moves > rule.tolerance, moves < -rule.tolerance
    return {"must_not_rise": rises, "must_not_fall": falls, "must_not_change": rises | falls}[rule.score]


def _result(rule: Rule, rows: int, missing: int, broken: int, problem: str) -> RuleResult:
    share = broken / rows if rows and not problem else math.nan
    passed = share <= rule.at_most
    if not problem and not rows:
        problem = f"{rule.feature} could be changed on no row, so it cannot be told."
    if not problem:
        does = {"must_not_rise": "rises", "must_not_fall": "falls", "must_not_change": "changes"}[rule.score]
        problem = (
            f"It {does} for {broken:,} of {rows:,} rows ({percent(share)}), and {percent(rule.at_most)} may."
        )
    if missing:
        problem += f" {missing:,} more have no {rule.feature} and were not tried."
    sentence = f"{rule.sentence} {problem}"
    return RuleResult(rule.feature, sentence, rows, missing, broken, share, rule.at_most, passed)
