"""Holding fairness against fairlearn, which is for tests only."""

import fairlearn.metrics as fl
import numpy as np
import pandas as pd
import pytest
from sklearn.metrics import accuracy_score, precision_score

from airlock.examination.fairness.fairness import AttributeFairness, measure
from airlock.examination.fairness.groups import groupings
from airlock.examination.subject import Subject

METRICS = {
    "selection_rate": fl.selection_rate,
    "true_positive_rate": fl.true_positive_rate,
    "false_positive_rate": fl.false_positive_rate,
    "accuracy": accuracy_score,
    "precision": lambda truth, said: precision_score(truth, said, zero_division=np.nan),
    "base_rate": lambda truth, said: truth.mean(),
}
DISPARITIES = {
    "demographic_parity_difference": fl.demographic_parity_difference,
    "demographic_parity_ratio": fl.demographic_parity_ratio,
    "equalized_odds_difference": fl.equalized_odds_difference,
    "equal_opportunity_difference": fl.equal_opportunity_difference,
}
DECIDING = {"selection_rate", "true_positive_rate", "false_positive_rate"}


def same_as_fairlearn(subject: Subject) -> list[str]:
    """Hold every group's figures and every attribute's disparities against fairlearn's.

    Disparities are those of the groups that are judged. Returns the attributes whose disparities could be
    compared: those where a group is judged in all figures or in none.
    """
    compared = []
    names = {
        one.attribute: np.array(one.groups, dtype=object)[one.codes]
        for one in groupings(subject.spec, subject.rows)
    }
    truth, said = subject.happened.astype(int), subject.said_yes.astype(int)
    for one in measure(subject).attributes:
        columns = [names[column] for column in one.attribute.split(" × ")]
        groups = pd.Series([", ".join(row) for row in zip(*columns, strict=True)])
        _same_figures(one, groups, truth, said)
        if _same_disparities(one, groups, truth, said):
            compared.append(one.attribute)
    return compared


def _same_figures(one: AttributeFairness, groups: pd.Series, truth: np.ndarray, said: np.ndarray) -> None:
    frame = fl.MetricFrame(metrics=METRICS, y_true=truth, y_pred=said, sensitive_features=groups)
    ours = {group.group: group.figures for group in one.groups if group.rows}
    assert set(ours) == set(frame.by_group.index)
    for label, row in frame.by_group.iterrows():
        for name, value in row.items():
            if np.isnan(ours[label][name]):
                # Of no rows fairlearn makes 0, and we say that there is no figure.
                assert value == 0 or np.isnan(value)
            else:
                assert ours[label][name] == pytest.approx(value, abs=1e-15)


def _same_disparities(one: AttributeFairness, groups: pd.Series, truth: np.ndarray, said: np.ndarray) -> bool:
    unjudged = {group.group: DECIDING & set(group.not_judged) for group in one.groups}
    judged = groups.isin([label for label, figures in unjudged.items() if not figures]).to_numpy()
    if any(0 < len(figures) < 3 for figures in unjudged.values()) or groups[judged].nunique() < 2:
        return False
    given = {"sensitive_features": groups[judged]}
    for name, theirs in DISPARITIES.items():
        assert one.disparities[name].value == pytest.approx(
            theirs(truth[judged], said[judged], **given), abs=1e-15
        )
    accuracy = fl.MetricFrame(metrics=accuracy_score, y_true=truth[judged], y_pred=said[judged], **given)
    assert one.disparities["accuracy_difference"].value == pytest.approx(accuracy.difference(), abs=1e-15)
    return True
