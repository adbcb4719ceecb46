"""The loop breaker: whether what came of the last training that a night asked for speaks against another."""

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import timedelta

from sqlalchemy.engine import Connection

from airlock.governance import candidates, deployments, nights, releases
from airlock.governance.candidates import Candidate
from airlock.governance.nights import Night
from airlock.governance.training_requests import TrainingRequest
from airlock.spec import ModelSpec


@dataclass(frozen=True)
class Objection:
    """What speaks against a training; `broken_by` is the request that has not helped, where that is why."""

    sentence: str
    broken_by: str | None = None


def against_another(
    conn: Connection, spec: ModelSpec, night: Night, last: TrainingRequest, findings: Sequence[str]
) -> Objection | None:
    """Say why no other training starts by itself after the last one; None where nothing speaks against it.

    It has helped when its version serves, has answered for as long as the cooldown, and the night shows none
    of what it was to cure. Where people have trained and released a version since, it no longer counts.

    Parameters
    ----------
    last
        The request before this one.
    findings
        The keys of what this night would have cured.
    """
    made = candidates.find_caused(conn, spec.name, last.cause)
    if _people_have_released(conn, last, made):
        return None
    if made is None:
        return _broken(
            spec, last, f"has registered nothing. It failed, or it still runs: look at {spec.name}.train."
        )
    if made.state == "refused":
        return _broken(spec, last, f"was refused: {made.reason}")
    release = releases.newest_of(conn, made.id)
    if release is None or release.state in ("open", "approved"):
        return Objection(
            f"version {made.version}, which the night of {last.night} asked for, waits for its release."
        )
    if release.state != "deployed":
        return _broken(
            spec, last, f"made version {made.version}, which ended as {release.state}: {release.reason}"
        )
    return _after_it_served(conn, spec, night, last, made, findings)


def _people_have_released(conn: Connection, last: TrainingRequest, made: Candidate | None) -> bool:
    serving = deployments.champion(conn, last.model)
    if serving is None or (made and serving.candidate_id == made.id):
        return False
    candidate = candidates.find(conn, serving.candidate_id)
    return candidate is not None and candidate.recorded_at > last.at


def _after_it_served(
    conn: Connection,
    spec: ModelSpec,
    night: Night,
    last: TrainingRequest,
    made: Candidate,
    findings: Sequence[str],
) -> Objection | None:
    version = made.registered_version
    first = nights.first_answered(conn, spec.name, version)
    if first is None or night.version != version:
        return Objection(
            f"version {version}, which the night of {last.night} asked for, has not answered this night."
        )
    judged = first + timedelta(days=-(-spec.monitoring.retraining.cooldown // timedelta(days=1)))
    if night.night < judged:
        return Objection(
            f"version {version}, which the night of {last.night} asked for, answers since the night of "
            f"{first}. From the night of {judged} on, nights say whether it has helped."
        )
    if same := sorted(set(findings) & set(last.findings)):
        again = f"which serves, and the same is found again: {', '.join(same)}."
        return _broken(spec, last, f"made version {version}, {again}")
    return None


def _broken(spec: ModelSpec, last: TrainingRequest, what: str) -> Objection:
    return Objection(
        f"the last one did not help. The training that the night of {last.night} asked for {what} A person "
        f"must look why, and run {spec.name}.train; once what they train serves, nights may ask again.",
        broken_by=last.run,
    )
