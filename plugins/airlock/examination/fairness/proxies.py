"""Proxy discrimination: which columns give a protected group away that the model is not to see."""

from collections.abc import Mapping
from dataclasses import asdict, dataclass
from typing import Any

import numpy as np
import pyarrow as pa

from airlock.evaluation.figures import spell, to_json
from airlock.examination.fairness.figures import MINIMUM_ROWS
from airlock.examination.fairness.groups import Grouping, groupings
from airlock.examination.fairness.telling import (
    Told,
    bins_of,
    folds_of,
    told_by_bins,
    told_by_trees,
)
from airlock.examination.subject import Subject
from airlock.findings import Finding
from airlock.spec.columns import Kind

#: A feature from which alone a group is told as well as this gives it away ...
GIVES_AWAY = 0.65
#: ... and so do the features together from this on, where none does alone.
TOGETHER = 0.75
#: How many standard errors of a guess it must be above chance.
ERRORS = 5


@dataclass(frozen=True)
class FeatureTells:
    """How well one feature alone tells a group; `group` is the one it tells best."""

    feature: str
    auc: float
    group: str


@dataclass(frozen=True)
class AttributeTold:
    """How well the groups of a protected column can be told, from most to least telling feature."""

    attribute: str
    from_features: float
    from_score: float
    features: tuple[FeatureTells, ...]
    sentence: str


@dataclass(frozen=True)
class Proxies:
    """What gives protected groups away.

    `measures` are the worst of all attributes; NaN where one cannot be told, and where nothing is protected.
    """

    measures: Mapping[str, float]
    details: Mapping[str, str]
    attributes: tuple[AttributeTold, ...]
    findings: tuple[Finding, ...]

    def to_json(self) -> dict[str, Any]:
        """Return it as JSON; a figure that is NaN becomes null."""
        return to_json(asdict(self))


def find_proxies(subject: Subject) -> Proxies:
    """Tell every protected group from the features together, from each of them alone, and from the score.

    A protected column that is itself a feature is left out of what tells it.
    """
    data = subject.spec.data
    rows, seed = subject.rows, subject.spec.training.seed
    persons = rows[data.subject_key] if data.subject_key else None
    folds = folds_of(persons, len(rows), seed)
    bins = {name: bins_of(name, rows[name], data.kind_of(name)) for name in data.features}
    seen = {name: _seen(rows[name], data.kind_of(name), bins[name]) for name in data.features}
    attributes, findings = [], []
    for grouping in groupings(subject.spec, rows):
        others = [name for name in data.features if name != grouping.attribute]
        together = told_by_trees(grouping, {name: seen[name] for name in others}, folds, seed)
        alone = {name: told_by_bins(grouping, bins[name], folds) for name in others}
        score = _by_score(subject, grouping, folds)
        attributes.append(_attribute(grouping.attribute, together, score, alone))
        findings += _findings(grouping.attribute, together, alone)
    by_features = {one.attribute: one.from_features for one in attributes}
    by_score = {one.attribute: one.from_score for one in attributes}
    proxy, from_features = _worst("the features together", by_features)
    score_proxy, from_score = _worst("the score", by_score)
    return Proxies(
        measures={"proxy_auc": proxy, "score_proxy_auc": score_proxy},
        details={"proxy_auc": from_features, "score_proxy_auc": from_score},
        attributes=tuple(attributes),
        findings=tuple(findings),
    )


def _seen(column: pa.ChunkedArray, kind: Kind | None, bins: np.ndarray) -> np.ndarray:
    return column.cast(pa.float64()).to_numpy() if kind is Kind.NUMBER else bins.astype(np.float64)


def _by_score(subject: Subject, grouping: Grouping, folds: np.ndarray) -> Told:
    """Tell by the score; of several classes, by the probabilities of all."""
    probabilities = subject.answers.probabilities
    if probabilities is not None and probabilities.shape[1] > 2:
        columns = {str(place): column for place, column in enumerate(probabilities.T)}
        return told_by_trees(grouping, columns, folds, subject.spec.training.seed)
    scores = pa.chunked_array([pa.array(subject.answers.scores)])
    return told_by_bins(grouping, bins_of("score", scores, Kind.NUMBER), folds)


def _attribute(name: str, together: Told, score: Told, alone: Mapping[str, Told]) -> AttributeTold:
    features = sorted(
        (FeatureTells(feature, told.auc, told.group) for feature, told in alone.items()),
        key=lambda one: (-np.nan_to_num(one.auc), one.feature),
    )
    if not together.group:
        few = f"{name} has no two groups of {MINIMUM_ROWS} rows, so nobody knows what gives it away."
        return AttributeTold(name, together.auc, score.auc, tuple(features), few)
    most = features[0]
    sentence = (
        f"Of {name}, {together.group} is told from the others with an AUC of {spell(together.auc)} by the "
        f"features together; by the score, {score.group} with {spell(score.auc)}; by one feature alone, "
        f"{most.group} with {spell(most.auc)} by {most.feature}. 0.5 is chance."
    )
    return AttributeTold(name, together.auc, score.auc, tuple(features), sentence)


def _findings(name: str, together: Told, alone: Mapping[str, Told]) -> list[Finding]:
    telling = {feature: told for feature, told in alone.items() if _beyond(told, GIVES_AWAY)}
    found = [
        Finding(
            "proxy",
            feature,
            f"{feature} gives {name} away: from it alone {told.group} is told from the others with an AUC of "
            f"{spell(told.auc)}, where 0.5 is chance and {GIVES_AWAY} is much for one column.",
        )
        for feature, told in sorted(telling.items(), key=lambda item: -item[1].auc)
    ]
    if found or not _beyond(together, TOGETHER):
        return found
    sentence = (
        f"The features together give {name} away, though none does alone: {together.group} is told from the "
        f"others with an AUC of {spell(together.auc)}, where 0.5 is chance."
    )
    return [Finding("proxy", name, sentence)]


def _beyond(told: Told, limit: float) -> bool:
    return told.auc >= limit and told.auc >= 0.5 + ERRORS * told.error


def _worst(by: str, areas: Mapping[str, float]) -> tuple[float, str]:
    """Return the largest area and half a sentence about it; one that is not defined is the worst."""
    if not areas:
        return float("nan"), "no column has the role protected"
    if undefined := [name for name, area in areas.items() if not np.isfinite(area)]:
        return float("nan"), f"{undefined[0]} has no two groups of {MINIMUM_ROWS} rows to be told apart"
    name = max(areas, key=lambda each: areas[each])
    return areas[name], f"{name} is told best by {by}"
