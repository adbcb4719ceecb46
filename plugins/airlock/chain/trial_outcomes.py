"""What the answers of a trial cost, as far as their outcomes are known."""

from collections.abc import Callable, Sequence
from datetime import UTC, datetime
from pathlib import Path
from typing import TYPE_CHECKING

import numpy as np
from sqlalchemy.engine import Engine

from airlock.chain.known_outcomes import known_outcomes
from airlock.data.read import NoRows
from airlock.data.window import Window
from airlock.governance.challengers import Challenger
from airlock.governance.trials import FirstAnswer, first_answers
from airlock.package.answers import Answers
from airlock.spec import ModelSpec
from airlock.trial.answers import Moments
from airlock.trial.losses import cost

if TYPE_CHECKING:
    import pyarrow as pa


def losses_of(
    spec: ModelSpec,
    champion: int,
    challenger: Challenger,
    *,
    engine: Engine,
    models: Path,
    connect: Callable[[str], Engine],
    at: datetime,
) -> tuple[Moments, Moments]:
    """Return what the champion's and the challenger's answers cost, each entity once.

    Only events count whose outcome has had `data.outcome_delay` to arrive: of later ones the bad outcomes
    would be known before the good ones.
    """
    with engine.connect() as conn:
        answers = tuple(
            first_answers(
                conn,
                spec.name,
                champion=champion,
                challenger=challenger.version,
                since=challenger.stepped_at,
                until=at - spec.data.outcome_delay,
            )
        )
    known = _outcomes(spec, answers, engine, models, connect, at)
    before, now = (
        _cost(spec, [answer for answer in answers if answer.version == version], known)
        for version in (champion, challenger.version)
    )
    return before, now


def _outcomes(
    spec: ModelSpec,
    answers: Sequence[FirstAnswer],
    engine: Engine,
    models: Path,
    connect: Callable[[str], Engine],
    at: datetime,
) -> "pa.Table | None":
    """Return what is known of the time in which the answered events happened."""
    if not answers:
        return None
    window = Window(None, None)
    if spec.data.event_time is not None:
        window = Window(min(answer.event_time for answer in answers), at - spec.data.outcome_delay)
    try:
        return known_outcomes(
            spec, window, as_of=at.astimezone(UTC), engine=engine, models=models, connect=connect
        )
    except NoRows:
        return None


def _cost(spec: ModelSpec, answers: Sequence[FirstAnswer], known: "pa.Table | None") -> Moments:
    if known is None or not answers:
        return Moments()
    said = Answers(np.array([one.score for one in answers]), [one.prediction for one in answers])
    return cost(spec, [one.entity_key for one in answers], said, known)
