"""A policy's limits as a floor under a spec's own: those may be tighter, never looser."""

from collections.abc import Iterator, Sequence

from airlock.spec.bounds import bound_of, side_of
from airlock.spec.errors import Problem
from airlock.spec.governance import Limit


def limit_problems(
    limits: Sequence[Limit], floors: Sequence[Limit], *, key: str, tier: str
) -> Iterator[Problem]:
    """Yield which of a spec's limits, listed below `key`, let through what the tier's policy does not."""
    for limit in limits:
        here = f"{key}.{limit.metric}"
        if limit.origin != "spec":
            yield Problem(f"{here}.origin", "is not for a spec to write.", "Leave it out.")
        for floor in floors:
            same = (limit.metric, limit.attribute) == (floor.metric, floor.attribute)
            if same and limit.loosens(floor):
                asked = f"{side_of(floor).replace(' ', '_')}: {bound_of(floor)}"
                yield Problem(here, f"{tier} asks for {asked}.", "Tighten it or leave it out.")


def with_floors(limits: tuple[Limit, ...], floors: Sequence[Limit]) -> tuple[Limit, ...]:
    """Return the limits with those of the policy added that the spec does not set itself."""
    own = {_matter(limit) for limit in limits}
    inherited = (floor for floor in floors if _matter(floor) not in own)
    return limits + tuple(floor.model_copy(update={"origin": "policy"}) for floor in inherited)


def _matter(limit: Limit) -> tuple[str, str | None, str]:
    return limit.metric, limit.attribute, side_of(limit)
