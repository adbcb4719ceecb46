"""The floor under a model's watch over its groups: what a policy demands of monitoring.fairness."""

from collections.abc import Iterator, Sequence

from pydantic import Field

from airlock.spec.base import Section
from airlock.spec.durations import PositiveDuration, spell_duration
from airlock.spec.errors import Problem
from airlock.spec.floors import limit_problems, with_floors
from airlock.spec.governance import Limit
from airlock.spec.metrics import DISPARITIES, OF_ANSWERS
from airlock.spec.model import ModelSpec

KEY = "monitoring.fairness"


class FairnessFloor(Section):
    """How models with protected columns and an event time are watched in production, at least."""

    window: PositiveDuration = Field(description="how much event time is compared together, at least")
    minimum_rows: int = Field(
        ge=100, description="how many rows it may take before anything is judged, at most"
    )


def fairness_problems(
    floor: FairnessFloor | None, limits: Sequence[Limit], spec: ModelSpec, tier: str
) -> Iterator[Problem]:
    """Yield where a spec watches its groups less than its tier's policy wants; `limits` are the policy's."""
    watched, floors = spec.monitoring.fairness, disparities_among(limits, spec)
    demanded = floor if is_watched(spec) else None
    if watched is not None:
        held = floors if demanded else ()
        yield from limit_problems(watched.limits, held, key=f"{KEY}.limits", tier=tier)
    if demanded is None:
        return
    if watched is None:
        yield Problem(KEY, f"{tier} wants protected groups compared in production.", "Add limits.")
        return
    if watched.window < demanded.window:
        least = spell_duration(demanded.window)
        yield Problem(f"{KEY}.window", f"{tier} asks for at least {least}.", f"Write {least} or more.")
    if watched.minimum_rows > demanded.minimum_rows:
        most = demanded.minimum_rows
        yield Problem(f"{KEY}.minimum_rows", f"{tier} allows at most {most}.", f"Write {most} or less.")
    if spec.monitoring.performance is None and any(limit.metric not in OF_ANSWERS for limit in floors):
        wrong = f"{tier} wants the errors of groups compared, which takes outcomes."
        yield Problem("monitoring.performance", wrong, "Add its limits.")


def watched_under(limits: Sequence[Limit], spec: ModelSpec) -> ModelSpec:
    """Return the spec with the policy's disparities among the limits of its groups in production."""
    watched = spec.monitoring.fairness
    if watched is None:
        return spec
    held = with_floors(watched.limits, disparities_among(limits, spec))
    fairness = watched.model_copy(update={"limits": held})
    return spec.model_copy(update={"monitoring": spec.monitoring.model_copy(update={"fairness": fairness})})


def disparities_among(limits: Sequence[Limit], spec: ModelSpec) -> list[Limit]:
    """Return the limits that are about groups: those hold in production as they do at the gate."""
    return [limit for limit in limits if limit.metric in DISPARITIES[spec.task]]


def is_watched(spec: ModelSpec) -> bool:
    """Say whether a model has groups, and moments by which they can be compared."""
    return bool(spec.data.protected) and spec.data.event_time is not None
