"""Answering: from a question to the answers, and the lines of the prediction log that must be kept first."""

from collections.abc import Sequence
from dataclasses import dataclass, replace
from datetime import datetime

from airlock.governance.challengers import Challenger
from airlock.governance.deployments import Deployment
from airlock.governance.predictions import PredictionRow, line
from airlock.package.answers import Answer
from airlock.serving.asked import Asked, checked, told, unheard
from airlock.serving.asking import answers_or_none, answers_or_refusal
from airlock.serving.forms import Prediction, Question, Reply
from airlock.serving.metrics import Role
from airlock.serving.refusals import Refusal
from airlock.serving.routing import is_challengers
from airlock.serving.versions import Ready, Serving, Unavailable

Version = Ready[Deployment] | Ready[Challenger]
#: By the place of a row: the version that answered it, and its answer.
Given = dict[int, tuple[int, Answer]]


@dataclass(frozen=True)
class Shadowed:
    """Rows that were answered, and that a challenger is asked for too without anybody waiting."""

    challenger: Ready[Challenger]
    rows: Sequence[Asked]


@dataclass(frozen=True)
class Answered:
    """A reply that may be given once its lines are logged; `counts`: how many rows each version answered."""

    reply: Reply
    lines: Sequence[str]
    shadowed: Shadowed | None
    counts: Sequence[tuple[int, Role, int]]


def answer(serving: Serving, question: Question, client: str, now: datetime) -> Answered:
    """Answer a question by the champion, and the challenger's share of the rows by the challenger.

    The champion's signature says which rows may be asked about. Where the challenger fails, the champion
    answers and the failure is logged. A smoke test is answered by the version it names alone. `client` is the
    name of who asks.

    Raises
    ------
    Refusal
        422, naming row, field, what is wrong and the cure; 503 where the version must not answer; 404 where
        it is neither the champion nor the challenger.
    """
    version = _chosen(serving, question.version)
    rows = checked(version.predictor.signature, question.rows, client, now)
    beside = serving.challenger
    if not isinstance(beside, Ready) or question.purpose == "smoke_test":
        return _answered(serving, question, version, rows, now)
    if beside.record.way == "shadow":
        answered = _answered(serving, question, version, rows, now)
        return replace(answered, shadowed=Shadowed(beside, rows))
    return _answered(serving, question, version, rows, now, beside)


def _chosen(serving: Serving, version: int | None) -> Version:
    for entry in (serving.champion, serving.challenger):
        if entry is not None and version in (None, entry.record.version):
            if isinstance(entry, Unavailable):
                raise Refusal(503, entry.reason)
            return entry
    champion, beside = serving.champion.record, serving.challenger
    other = "nothing runs" if beside is None else f"version {beside.record.version} runs"
    raise Refusal(
        404,
        f"{champion.model} version {version} does not serve: version {champion.version} is the champion, and "
        f"{other} beside it. Leave version out to ask the champion.",
    )


def _answered(
    serving: Serving,
    question: Question,
    version: Version,
    rows: Sequence[Asked],
    now: datetime,
    beside: Ready[Challenger] | None = None,
) -> Answered:
    given, failures = ({}, []) if beside is None else _given_by(beside, rows, now)
    rest = [place for place in range(len(rows)) if place not in given]
    answers = answers_or_refusal(version.predictor, rows, rest)
    given |= {place: (version.record.version, answer) for place, answer in answers.items()}
    champion = serving.champion.record
    logged, predictions = [*failures], []
    for place, row in enumerate(rows):
        by, answer = given[place]
        logged.append(told(champion.model, by, row, answer, question.purpose, now))
        predictions.append(
            Prediction.model_construct(
                id=row.id,
                entity_key=row.entity_key,
                version=by,
                score=answer.score,
                prediction=answer.prediction,
            )
        )
    reply = Reply.model_construct(
        model=champion.model,
        version=champion.version,
        package_digest=champion.package_digest,
        predictions=predictions,
    )
    counts = [(version.record.version, _role(version), len(rest))]
    if beside is not None:
        counts.append((beside.record.version, beside.record.way, len(rows) - len(rest)))
    return Answered(reply, [line(row) for row in logged], None, counts)


def _role(version: Version) -> Role:
    return version.record.way if isinstance(version.record, Challenger) else "champion"


def _given_by(
    beside: Ready[Challenger], rows: Sequence[Asked], now: datetime
) -> tuple[Given, list[PredictionRow]]:
    """Return the challenger's answers to its share of the rows, and what the log keeps of its failures."""
    record = beside.record
    share, model, release = record.share, record.model, record.release_id
    places = [n for n, row in enumerate(rows) if is_challengers(share, model, release, row.key)]
    tried = answers_or_none(beside, rows, places)
    given = {place: (record.version, answer) for place, answer in tried.items() if answer is not None}
    return given, [unheard(record, rows[place], None, now) for place in tried if place not in given]
