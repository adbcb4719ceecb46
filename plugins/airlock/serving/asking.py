"""Asking versions: a champion's failure is a refusal, a challenger's is an answer it does not give."""

import logging
import math
from collections.abc import Sequence

from airlock.governance.challengers import Challenger
from airlock.package.answers import Answer, Answering
from airlock.serving import metrics
from airlock.serving.asked import Asked
from airlock.serving.forms import Problem
from airlock.serving.refusals import wrong_rows
from airlock.serving.versions import Ready

LOG = logging.getLogger("uvicorn.error.airlock")
CURE = "Send values closer to those in training; GET /v1/models/{model} lists their range."


def answers_or_refusal(
    predictor: Answering, rows: Sequence[Asked], places: Sequence[int]
) -> dict[int, Answer]:
    """Return a model's answers to the rows at some places, by place.

    Raises
    ------
    Refusal
        422, where it cannot score the values.
    """
    if not places:
        return {}
    try:
        answers = predictor.predict([rows[place].features for place in places])
    except (ValueError, ArithmeticError):
        problem = Problem(row=None, field="features", wrong="the model cannot score these values.", cure=CURE)
        raise wrong_rows([problem]) from None
    given = dict(zip(places, answers, strict=True))
    endless = [place for place, answer in given.items() if not math.isfinite(answer.score)]
    if endless:
        wrong = "the model gives no finite score for these values."
        raise wrong_rows(Problem(row=place, field="features", wrong=wrong, cure=CURE) for place in endless)
    return given


def answers_or_none(
    challenger: Ready[Challenger], rows: Sequence[Asked], places: Sequence[int]
) -> dict[int, Answer | None]:
    """Return a challenger's answers by place, None where it fails; it is asked for all of them at once.

    It fails on a row that its signature refuses or that gets no finite score, and on every row that it was
    asked for where it raises.
    """
    signature = challenger.predictor.signature
    taken = [place for place in places if not any(signature.problems(rows[place].features))]
    given: dict[int, Answer | None] = dict.fromkeys(places)
    record = challenger.record
    try:
        answers = challenger.predictor.predict([rows[place].features for place in taken])
    except Exception as error:  # whatever it does, the champion answers; a message could hold personal data
        name = f"{record.model} version {record.version}"
        LOG.warning("%s failed on %d rows: %s", name, len(taken), type(error).__name__)
    else:
        for place, answer in zip(taken, answers, strict=True):
            given[place] = answer if math.isfinite(answer.score) else None
    if failed := sum(answer is None for answer in given.values()):
        metrics.challenger_failed(record.model, record.version, failed)
    return given
