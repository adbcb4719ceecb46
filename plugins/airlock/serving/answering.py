"""Answering: from a question to the answers, and the lines of the prediction log that must be kept first."""

import math
import uuid
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import Any

from airlock.governance.copying import CopyError, kept
from airlock.governance.predictions import PredictionRow, line
from airlock.package.answers import Answer
from airlock.package.signature import FieldProblem, Signature
from airlock.serving.champions import Champion
from airlock.serving.forms import Prediction, Problem, Question, Reply, Row
from airlock.serving.refusals import wrong_rows
from airlock.spec.columns import Kind

MAX_PROBLEMS = 20


@dataclass(frozen=True)
class Answered:
    """A reply that may be given once its lines are logged."""

    reply: Reply
    lines: Sequence[str]


def answer(champion: Champion, question: Question, now: datetime) -> Answered:
    """Answer a question by the champion.

    Raises
    ------
    Refusal
        422, naming row, field, what is wrong and the cure.
    """
    signature = champion.predictor.signature
    asked = _checked(signature, question.rows)
    answers = _asked(champion, asked)
    logged = [
        _logged(champion, row, features, answer, question.purpose, now)
        for row, features, answer in zip(question.rows, asked, answers, strict=True)
    ]
    deployment = champion.deployment
    reply = Reply.model_construct(
        model=deployment.model,
        version=deployment.version,
        package_digest=deployment.package_digest,
        predictions=[
            Prediction.model_construct(
                id=row.id, entity_key=row.entity_key, score=answer.score, prediction=answer.prediction
            )
            for row, answer in zip(logged, answers, strict=True)
        ],
    )
    return Answered(reply, [line(row) for row in logged])


def _checked(signature: Signature, rows: Sequence[Row]) -> list[dict[str, Any]]:
    """Return the features of every row, whole numbers as floats."""
    numbers = [name for name, kind in signature.kinds.items() if kind is Kind.NUMBER]
    problems: list[Problem] = []
    checked = []
    for index, row in enumerate(rows):
        found = (*signature.problems(row.features), *_texts_that_cannot_be_kept(row.features))
        problems += [Problem(row=index, field=p.field, wrong=p.wrong, cure=p.cure) for p in found]
        if len(problems) >= MAX_PROBLEMS:
            break
        if not problems:
            checked.append(_with_floats(row.features, numbers))
    if problems:
        raise wrong_rows(problems[:MAX_PROBLEMS])
    return checked


def _texts_that_cannot_be_kept(features: Mapping[str, Any]) -> Iterator[FieldProblem]:
    for name, value in features.items():
        if isinstance(value, str):
            try:
                kept(value)
            except CopyError as error:
                yield FieldProblem(name, str(error), "")


def _with_floats(features: Mapping[str, Any], numbers: Sequence[str]) -> dict[str, Any]:
    given = dict(features)
    for name in numbers:
        if given[name] is not None:
            given[name] = float(given[name])
    return given


def _asked(champion: Champion, rows: Sequence[Mapping[str, Any]]) -> list[Answer]:
    cure = "Send values closer to those in training; GET /v1/models/{model} lists their range."
    try:
        answers = champion.predictor.predict(rows)
    except (ValueError, ArithmeticError):
        problem = Problem(row=None, field="features", wrong="the model cannot score these values.", cure=cure)
        raise wrong_rows([problem]) from None
    endless = [index for index, answer in enumerate(answers) if not math.isfinite(answer.score)]
    if endless:
        wrong = "the model gives no finite score for these values."
        raise wrong_rows([Problem(row=index, field="features", wrong=wrong, cure=cure) for index in endless])
    return answers


def _logged(
    champion: Champion, row: Row, features: Mapping[str, Any], answer: Answer, purpose: Any, now: datetime
) -> PredictionRow:
    return PredictionRow(
        id=uuid.uuid4(),
        model=champion.deployment.model,
        version=champion.deployment.version,
        source="api",
        purpose=purpose,
        entity_key=row.entity_key,
        features=features,
        score=answer.score,
        prediction=answer.prediction,
        run_key=None,
        event_time=row.event_time or now,
        scored_at=now,
    )
