"""The floor under a model's watch over its groups: what a policy demands of monitoring.fairness."""

from collections.abc import Iterator, Sequence

from pydantic import Field

from airlock.spec.base import Section
from airlock.spec.durations import PositiveDuration, spell_duration
from airlock.spec.errors import Problem
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
    for limit in watched.limits if watched else ():
        if limit.origin != "spec":
            key = f"{KEY}.limits.{limit.metric}.origin"
            yield Problem(key, "is not for a spec to write.", "Leave it out.")
    if floor is None or not is_watched(spec):
        return
    if watched is None:
        yield Problem(KEY, f"{tier} wants protected groups compared in production.", "Add limits.")
        return
    if watched.window < floor.window:
        least = spell_duration(floor.window)
        yield Problem(f"{KEY}.window", f"{tier} asks for at least {least}.", f"Write {least} or more.")
    if watched.minimum_rows > floor.minimum_rows:
        most = floor.minimum_rows
        yield Problem(f"{KEY}.minimum_rows", f"{tier} allows at most {most}.", f"Write {most} or less.")
    if spec.monitoring.performance is None and any(limit.metric not in OF_ANSWERS for limit in floors):
        wrong = f"{tier} wants the errors of groups compared, which takes outcomes."
        yield Problem("monitoring.performance", wrong, "Add its limits.")
    for limit in watched.limits:
        for floor_limit in floors:
            same = (limit.metric, limit.attribute) == (floor_limit.metric, floor_limit.attribute)
            if same and limit.loosens(floor_limit):
                side = "at_least" if floor_limit.at_least is not None else "at_most"
                wrong = f"{tier} asks for {side}: {getattr(floor_limit, side)}."
                yield Problem(f"{KEY}.limits.{limit.metric}", wrong, "Tighten it or leave it out.")


def watched_under(limits: Sequence[Limit], spec: ModelSpec) -> ModelSpec:
    """Return the spec with the policy's disparities among the limits of its groups in production."""
    watched = spec.monitoring.fairness
    if watched is None:
        return spec
    own = {(limit.metric, limit.attribute, limit.at_least is not None) for limit in watched.limits}
    inherited = tuple(
        limit.model_copy(update={"origin": "policy"})
        for limit in disparities_among(limits, spec)
        if (limit.metric, limit.attribute, limit.at_least is not None) not in own
    )
    fairness = watched.model_copy(update={"limits": watched.limits + inherited})
    return spec.model_copy(update={"monitoring": spec.monitoring.model_copy(update={"fairness": fairness})})


def disparities_among(limits: Sequence[Limit], spec: ModelSpec) -> list[Limit]:
    """Return the limits that are about groups: those hold in production as they do at the gate."""
    return [limit for limit in limits if limit.metric in DISPARITIES[spec.task]]


def is_watched(spec: ModelSpec) -> bool:
    """Say whether a model has groups, and moments by which they can be compared."""
    return bool(spec.data.protected) and spec.data.event_time is not None
