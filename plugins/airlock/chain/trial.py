"""A trial: one look at a challenger, from the prediction log to what becomes of it.

Nothing is kept between two looks but the records, so that looks may be missed, repeated or late.
"""

from collections.abc import Callable
from dataclasses import dataclass, replace
from datetime import datetime
from pathlib import Path

from sqlalchemy.engine import Connection, Engine

from airlock.chain.smoke import SmokeTestFailed, smoke_test
from airlock.chain.trial_outcomes import losses_of
from airlock.data.errors import SourceAway
from airlock.governance import challengers, deployments, trials
from airlock.governance.challengers import Challenger
from airlock.governance.deployments import Deployment
from airlock.governance.engine import lock
from airlock.governance.records import RecordError
from airlock.governance.trials import Tally
from airlock.package.labels import label_of
from airlock.package.package import open_package
from airlock.spec import ModelSpec
from airlock.spec.metrics import Task
from airlock.store import Store
from airlock.trial.answers import Arm, Moments, Pairs
from airlock.trial.judging import Terms, in_time, judge_ab, judge_canary, judge_shadow
from airlock.trial.verdict import Verdict


@dataclass(frozen=True)
class Place:
    """Where a trial takes place: records, packages, the source of the outcomes, the scoring API."""

    engine: Engine
    store: Store
    models: Path
    connect: Callable[[str], Engine]
    scoring_url: str


@dataclass(frozen=True)
class Look:
    """The challenger after a look, and what was seen."""

    challenger: Challenger
    sentence: str


def look(spec: ModelSpec, release_id: int, place: Place, *, at: datetime) -> Look:
    """Judge the challenger of a release by what it has answered, and record what follows.

    It goes on, gets its next share once it passes the smoke test again, or ends.

    Raises
    ------
    RecordError
        When the release has started no challenger.
    """
    with place.engine.connect() as conn:
        challenger = challengers.of_release(conn, release_id)
        champion = deployments.champion(conn, spec.name)
    if challenger is None:
        raise RecordError(f"Release {release_id} of {spec.name} has started no challenger. Clear challenge.")
    if challenger.ended_at is not None:
        return Look(challenger, str(challenger.ended_because))
    if champion is None or spec.deployment.way != challenger.way:
        changed = f"It ran as {challenger.way}, and model.yaml says way: {spec.deployment.way} now."
        because = f"{changed if champion else 'Nothing serves that it could be held against.'} Train again."
        return _end(place, challenger, "stopped", because, at)
    found = in_time(
        spec.deployment.trial, _judged(spec, champion, challenger, place, at), at - challenger.started_at
    )
    if found.outcome == "continue":
        return Look(challenger, found.sentence)
    if found.outcome == "passed" and challenger.step < len(spec.deployment.trial.shares_of(challenger.way)):
        return _step(spec, place, challenger, found.sentence, at)
    return _end(place, challenger, found.outcome, found.sentence, at)


def _judged(
    spec: ModelSpec, champion: Deployment, challenger: Challenger, place: Place, at: datetime
) -> Verdict:
    terms, elapsed = _terms(spec, champion, place.store), at - challenger.stepped_at
    with place.engine.connect() as conn:
        if challenger.way == "shadow":
            return judge_shadow(terms, _pairs(conn, champion, challenger), elapsed)
        before, now = _arms(conn, spec, champion, challenger)
    if challenger.way == "canary":
        return judge_canary(terms, before, now, elapsed)
    try:
        losses = losses_of(
            spec,
            champion.version,
            challenger,
            engine=place.engine,
            models=place.models,
            connect=place.connect,
            at=at,
        )
    except SourceAway as away:  # its limits and its time hold all the same
        found = judge_ab(terms, before, now, (Moments(), Moments()), elapsed)
        return replace(found, sentence=f"{found.sentence} No outcome is known: {away}")
    return judge_ab(terms, before, now, losses, elapsed)


def _terms(spec: ModelSpec, champion: Deployment, store: Store) -> Terms:
    trial = spec.deployment.trial
    if spec.task is Task.REGRESSION:
        spread = open_package(store, champion.package_digest).profile()["score"]["std"]
        return Terms(trial, spec.task, spread=_known(spread))
    positive = None if spec.data.positive is None else label_of(spec.data.positive)
    return Terms(trial, spec.task, positive=positive)


def _arms(conn: Connection, spec: ModelSpec, champion: Deployment, challenger: Challenger) -> tuple[Arm, Arm]:
    """Return what the champion and the challenger answered since the step began."""
    found = trials.tallies(
        conn,
        spec.name,
        champion=champion.version,
        challenger=challenger.version,
        since=challenger.stepped_at,
        by_label=spec.task is not Task.REGRESSION,
    )
    before, now = (
        _arm([tally for tally in found if tally.version == version])
        for version in (champion.version, challenger.version)
    )
    return before, now


def _arm(found: list[Tally]) -> Arm:
    failures = sum(tally.rows - tally.answered for tally in found)
    if all(tally.label is None for tally in found):
        scores = next(
            (Moments(one.answered, _known(one.mean), _known(one.variance)) for one in found), Moments()
        )
        return Arm(failures, {}, scores)
    labels = {str(tally.label): tally.answered for tally in found if tally.answered}
    return Arm(failures, labels, Moments(sum(labels.values())))


def _pairs(conn: Connection, champion: Deployment, challenger: Challenger) -> Pairs:
    found = trials.pairs(
        conn,
        challenger.model,
        champion=champion.version,
        challenger=challenger.version,
        since=challenger.stepped_at,
    )
    differences = Moments(found.answered, _known(found.mean), _known(found.variance))
    return Pairs(found.rows - found.answered, found.changed, differences)


def _known(figure: float | None) -> float:
    return float("nan") if figure is None else float(figure)


def _step(spec: ModelSpec, place: Place, challenger: Challenger, sentence: str, at: datetime) -> Look:
    """Give the challenger its next share, once it answers as its package says it must."""
    package = open_package(place.store, challenger.package_digest)
    try:
        smoke_test(place.scoring_url, package, version=challenger.version, beside=True)
    except SmokeTestFailed as failure:
        return _end(place, challenger, "broke", str(failure), at)
    share = spec.deployment.trial.shares_of(challenger.way)[challenger.step]
    with place.engine.begin() as conn:
        lock(conn, f"deployment of {challenger.model}")
        current = challengers.of_release(conn, challenger.release_id) or challenger
        if (current.ended_at, current.step) == (None, challenger.step):
            current = challengers.step(conn, current, share=share, step=challenger.step + 1, at=at)
    return Look(current, current.ended_because or f"{sentence} It answers {share:.0%} from now on.")


def _end(
    place: Place, challenger: Challenger, outcome: challengers.Outcome, because: str, at: datetime
) -> Look:
    """End the challenger, unless somebody else has meanwhile."""
    with place.engine.begin() as conn:
        lock(conn, f"deployment of {challenger.model}")
        current = challengers.of_release(conn, challenger.release_id) or challenger
        if current.ended_at is None:
            current = challengers.end(conn, current, outcome=outcome, because=because, at=at)
    return Look(current, str(current.ended_because))
