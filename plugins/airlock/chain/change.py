"""Change: what people would be told otherwise if a candidate took the champion's place."""

from typing import Any

import numpy as np

from airlock.evaluation.figures import to_json
from airlock.examination.fairness.groups import groupings
from airlock.examination.subject import Subject
from airlock.package.answers import Answers
from airlock.package.labels import label_of
from airlock.package.predictor import Predictor
from airlock.spec import Task


def change_of(subject: Subject, champion: Predictor, answers: Answers) -> dict[str, Any] | None:
    """Return how the candidate's decisions differ from the champion's on the same rows.

    Parameters
    ----------
    subject
        The candidate beside the hold-out.
    champion, answers
        What serves now, and what it says of the same rows.

    Returns
    -------
    dict
        `rows` and `changed`, the number of decisions that differ; for a binary model also the shares of the
        rows answered yes (`yes`, `champion_yes`), both thresholds, and the shares of each protected group.
        None for a regression, and where the champion is of another task.
    """
    task = subject.spec.task
    if task is Task.REGRESSION or champion.signature.task is not task:
        return None
    now, before = (np.array(said.predictions, dtype=object) for said in (subject.answers, answers))
    counts = {"rows": len(subject), "changed": int((now != before).sum())}
    if task is Task.MULTICLASS:
        return counts
    yes, champion_yes = subject.said_yes, before == label_of(subject.spec.data.positive)
    return to_json(
        {
            **counts,
            "yes": _share(yes),
            "champion_yes": _share(champion_yes),
            "threshold": subject.predictor.signature.threshold,
            "champion_threshold": champion.signature.threshold,
            "groups": _groups(subject, yes, champion_yes),
        }
    )


def _groups(subject: Subject, yes: np.ndarray, champion_yes: np.ndarray) -> list[dict[str, Any]]:
    """Return the shares answered yes in every group; NaN in one that nobody is in."""
    return [
        {
            "attribute": grouping.attribute,
            "group": group,
            "yes": _share(yes[grouping.codes == code]),
            "champion_yes": _share(champion_yes[grouping.codes == code]),
        }
        for grouping in groupings(subject.spec, subject.rows)
        for code, group in enumerate(grouping.groups)
    ]


def _share(said: np.ndarray) -> float:
    return float(said.mean()) if len(said) else float("nan")
