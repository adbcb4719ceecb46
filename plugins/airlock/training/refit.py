"""Refitting: the champion's own configuration on newer rows, without a search."""

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any

from airlock.package.package import Package
from airlock.spec import ModelSpec
from airlock.training.errors import RefitError


@dataclass(frozen=True)
class Refit:
    """Which candidate is fitted again, and with which parameters."""

    candidate: str
    parameters: Mapping[str, Any]


def refit_of(spec: ModelSpec, champion: Package | None) -> Refit:
    """Return how to make the champion again.

    Raises
    ------
    RefitError
        When there is no champion, or the spec no longer has its candidate as it was.
    """
    start = f"{spec.name}: there is nothing to refit:"
    cure = "Start the training with mode search."
    if champion is None:
        raise RefitError(f"{start} no version is in production. {cure}")
    made = champion.provenance
    if made.get("external"):
        raise RefitError(f"{start} the champion was not trained here. {cure}")
    candidate = spec.training.candidates.get(made["candidate"])
    if candidate is None:
        raise RefitError(
            f"{start} the champion is the candidate {made['candidate']}, which model.yaml no longer has. "
            f"Known: {', '.join(spec.training.candidates)}. {cure}"
        )
    for key, now in (("estimator", candidate.estimator), ("preprocessing", candidate.preprocessing)):
        if made[key] != now:
            raise RefitError(
                f"{start} training.candidates.{made['candidate']}.{key} is {now} now, and the champion was "
                f"made with {made[key]}. {cure}"
            )
    return Refit(made["candidate"], made["parameters"])
