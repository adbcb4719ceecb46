"""What keeps a candidate from people and from production: its age, a lowered tier, too few people."""

from collections.abc import Iterator
from datetime import datetime
from pathlib import Path

from airlock.governance.candidates import Candidate
from airlock.governance.decision import too_old
from airlock.spec import ModelSpec, load_policy
from airlock.spec.policy import Tier


def obstacles(
    include: Path,
    spec: ModelSpec,
    candidate: Candidate,
    serving: Candidate | None,
    at: datetime,
    *,
    people: int,
) -> Iterator[str]:
    """Yield why a candidate may not be released under the spec as it is now.

    A spec that was edited after the training must not let it out more easily: not under a lower tier than it
    was judged under, and not by fewer people than the tier asks for whose version it is to replace.

    Parameters
    ----------
    include
        The folder with the policies.
    serving
        The candidate that serves now; None where none does.
    people
        How many people the release asks for.
    """
    tiers, now = list(Tier), Tier(spec.risk_tier)
    judged = _tier(candidate)
    if tiers.index(now) < tiers.index(judged):
        yield (
            f"Version {candidate.version} was judged under the tier {judged}, and the spec says {now} now. "
            f"Write risk_tier: {judged}, or run {spec.name}.train again to have it judged under {now}."
        )
    if serving is not None:
        replaced = _tier(serving)
        needed = load_policy(include, replaced).people
        if people < needed:
            yield (
                f"Version {serving.version} serves under the tier {replaced}, which asks for {needed} "
                f"people, and so does whatever takes its place. This release asks for {people}. Write "
                f"approval.people: {needed} in the spec of {spec.name} until it has, and trigger "
                f"{spec.name}.release."
            )
    if old := too_old(candidate, load_policy(include, now).candidate_age, at):
        yield old


def _tier(candidate: Candidate) -> Tier:
    """Return the tier a candidate was judged under; evidence that names none counts as the highest."""
    return Tier(candidate.evidence.get("tier", Tier.HIGH))
