"""What was asked: rows that were held against a signature, and the log's rows about them."""

import uuid
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import Any

from airlock.governance.challengers import Challenger
from airlock.governance.copying import CopyError, kept
from airlock.governance.predictions import PredictionRow, Purpose
from airlock.package.answers import Answer
from airlock.package.signature import FieldProblem, Signature
from airlock.serving.forms import Problem, Row
from airlock.serving.refusals import wrong_rows
from airlock.spec.columns import Kind

MAX_PROBLEMS = 20


@dataclass(frozen=True, slots=True)
class Asked:
    """A row that may be answered, under the id that its answer gets."""

    id: uuid.UUID
    entity_key: str | None
    event_time: datetime
    features: Mapping[str, Any]

    @property
    def key(self) -> str:
        """What it is about; a row that does not say so is about something nobody asked about before."""
        return str(self.id) if self.entity_key is None else self.entity_key


def checked(signature: Signature, rows: Sequence[Row], now: datetime) -> list[Asked]:
    """Return rows with whole numbers as floats.

    Raises
    ------
    Refusal
        422, naming row, field, what is wrong and the cure.
    """
    numbers = [name for name, kind in signature.kinds.items() if kind is Kind.NUMBER]
    problems: list[Problem] = []
    asked = []
    for index, row in enumerate(rows):
        found = (*signature.problems(row.features), *_texts_that_cannot_be_kept(row.features))
        problems += [Problem(row=index, field=p.field, wrong=p.wrong, cure=p.cure) for p in found]
        if len(problems) >= MAX_PROBLEMS:
            break
        if not problems:
            features = _with_floats(row.features, numbers)
            asked.append(Asked(uuid.uuid4(), row.entity_key, row.event_time or now, features))
    if problems:
        raise wrong_rows(problems[:MAX_PROBLEMS])
    return asked


def told(
    model: str, version: int, row: Asked, answer: Answer, purpose: Purpose, at: datetime
) -> PredictionRow:
    """Return what the log keeps of an answer that somebody gets."""
    return PredictionRow(
        id=row.id,
        model=model,
        version=version,
        source="api",
        purpose=purpose,
        entity_key=row.entity_key,
        features=row.features,
        score=answer.score,
        prediction=answer.prediction,
        run_key=None,
        event_time=row.event_time,
        scored_at=at,
    )


def unheard(record: Challenger, row: Asked, answer: Answer | None, at: datetime) -> PredictionRow:
    """Return what the log keeps of an answer that nobody gets, or of a failure: then it has no score.

    `run_key` names the answer that was given to the same row.
    """
    return PredictionRow(
        id=uuid.uuid4(),
        model=record.model,
        version=record.version,
        source="api",
        purpose="shadow",
        entity_key=row.entity_key,
        features=row.features,
        score=None if answer is None else answer.score,
        prediction="" if answer is None else answer.prediction,
        run_key=str(row.id),
        event_time=row.event_time,
        scored_at=at,
    )


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
