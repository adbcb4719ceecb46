"""What was asked: rows that were held against a signature, and the log's rows about them."""

import uuid
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime
from itertools import chain
from typing import Any

from airlock.governance.challengers import Challenger
from airlock.governance.copying import CopyError, kept
from airlock.governance.predictions import PredictionRow, Purpose
from airlock.package.answers import Answer
from airlock.package.signature import LARGEST_NUMBER, FieldProblem, Signature
from airlock.serving.forms import Problem, Row
from airlock.serving.refusals import wrong_rows
from airlock.spec.columns import Kind

NUMBERS = (float, int)


@dataclass(frozen=True, slots=True)
class Asked:
    """A row that a client may get answered, under the id that its answer gets."""

    id: uuid.UUID
    entity_key: str | None
    event_time: datetime
    features: Mapping[str, Any]
    client: str | None = None

    @property
    def key(self) -> str:
        """What it is about; a row that does not say so is about something nobody asked about before."""
        return str(self.id) if self.entity_key is None else self.entity_key


def checked(signature: Signature, rows: Sequence[Row], client: str, now: datetime) -> list[Asked]:
    """Return rows with whole numbers as floats.

    Raises
    ------
    Refusal
        422, naming row, field, what is wrong and the cure.
    """
    kinds = signature.kinds
    asked = []
    for row in rows:
        features = _taken(kinds, row.features)
        if features is None:
            raise wrong_rows(_problems(signature, rows))
        asked.append(Asked(uuid.uuid4(), row.entity_key, row.event_time or now, features, client))
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
        client=row.client,
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
        client=row.client,
    )


def _taken(kinds: Mapping[str, Kind], features: Mapping[str, Any]) -> dict[str, Any] | None:
    """Return features with whole numbers as floats; None where anything is wrong, which `_problems` names."""
    if features.keys() != kinds.keys():
        return None
    given: dict[str, Any] = {}
    for name, kind in kinds.items():
        value = features[name]
        if value is not None:
            if kind is Kind.NUMBER:
                if type(value) not in NUMBERS or not -LARGEST_NUMBER <= value <= LARGEST_NUMBER:
                    return None  # nor is NaN between the two
                value = float(value)
            elif kind is Kind.BOOLEAN:
                if type(value) is not bool:
                    return None
            elif type(value) is not str or (not value.isprintable() and _why_not_kept(value)):
                return None
        given[name] = value
    return given


def _problems(signature: Signature, rows: Sequence[Row]) -> Iterator[Problem]:
    for index, row in enumerate(rows):
        for found in chain(signature.problems(row.features), _not_kept(row.features)):
            yield Problem(row=index, field=found.field, wrong=found.wrong, cure=found.cure)


def _not_kept(features: Mapping[str, Any]) -> Iterator[FieldProblem]:
    for name, value in features.items():
        if isinstance(value, str) and (why := _why_not_kept(value)):
            yield FieldProblem(name, why, "")


def _why_not_kept(text: str) -> str:
    try:
        kept(text)
    except CopyError as error:
        return str(error)
    return ""
