"""Importance: how far each feature moves answers on average, whichever way."""

from airlock.examination.explanation.shapley import Contributions


def importance(contributions: Contributions) -> list[tuple[str, float]]:
    """Return every feature with the mean size of its contributions, the largest first.

    References
    ----------
    Lundberg and Lee: A unified approach to interpreting model predictions, NIPS 2017.

    >>> import numpy as np
    >>> importance(Contributions(("age", "debt"), np.zeros(2), np.array([[0.1, -2.0], [-0.1, 1.0]])))
    [('debt', 1.5), ('age', 0.1)]
    """
    means = abs(contributions.values).mean(axis=0)
    return sorted(
        zip(contributions.features, map(float, means), strict=True), key=lambda pair: (-pair[1], pair[0])
    )
