"""Reports: what came true, and what people think of decisions."""

from collections.abc import Iterable, Iterator, Sequence
from datetime import UTC, datetime
from uuid import UUID

from fastapi import APIRouter
from sqlalchemy.engine import Connection

from airlock.governance import feedback, outcomes
from airlock.governance.feedback import Feedback
from airlock.governance.outcomes import Report
from airlock.package.labels import WrongOutcome, outcome_of
from airlock.package.signature import Signature
from airlock.serving.clients import Asker
from airlock.serving.decision_forms import FeedbackForm
from airlock.serving.forms import Problem
from airlock.serving.refusals import Refusal, wrong_rows
from airlock.serving.report_forms import Opinion, Outcome, OutcomesReport, OutcomesTaken
from airlock.serving.routes.parameters import (
    ABOUT_A_DECISION,
    UNKNOWN,
    Model,
    Responses,
    Serves,
    decision_of,
)
from airlock.serving.versions import Unavailable

REPORTED: Responses = ABOUT_A_DECISION | UNKNOWN

router = APIRouter(tags=["reports"])


@router.post("/v1/models/{model}/outcomes", responses=REPORTED, status_code=201)
async def report_outcomes(
    model: Model, reported: OutcomesReport, service: Serves, asker: Asker
) -> OutcomesTaken:
    """Report what came true: it counts where the model's own source says nothing of it."""
    asker.require("outcomes", model)
    serving = await service.serving(model)
    if isinstance(serving.champion, Unavailable):
        raise Refusal(503, serving.champion.reason)
    now = datetime.now(UTC)
    reports = _checked(serving.champion.predictor.signature, reported.outcomes, now)

    def record(conn: Connection) -> None:
        named = [one.decision_id for one in reports if one.decision_id is not None]
        unknown = outcomes.unknown_decisions(conn, model, named)
        _refuse(_not_answered(model, reports, unknown))
        outcomes.report(conn, model, reports, by=asker.name, at=now)

    await service.recording.write(record)
    return OutcomesTaken(model=model, outcomes=len(reports))


@router.post("/v1/decisions/{decision_id}/feedback", responses=ABOUT_A_DECISION, status_code=201)
async def give_feedback(decision_id: UUID, opinion: Opinion, service: Serves, asker: Asker) -> FeedbackForm:
    """Say whether somebody who works with a decision agrees with it; the model's owner reads it."""
    about = await decision_of(service, asker, "feedback", decision_id)

    def record(conn: Connection) -> Feedback:
        return feedback.give(
            conn,
            decision_id=about.id,
            model=about.model,
            version=about.version,
            verdict=opinion.verdict,
            comment=opinion.comment,
            given_by=asker.name,
            at=datetime.now(UTC),
        )

    return FeedbackForm.model_validate(await service.recording.write(record), from_attributes=True)


def _checked(signature: Signature, reported: Sequence[Outcome], now: datetime) -> list[Report]:
    """Return reports in the model's own words for what came true."""
    reports, problems = list[Report](), list[Problem]()
    for row, one in enumerate(reported):
        try:
            came_true = outcome_of(signature, one.outcome)
        except WrongOutcome as wrong:
            problems.append(Problem(row=row, field="outcome", wrong=str(wrong), cure="Send what came true."))
        else:
            reports.append(Report(one.decision, one.entity_key, came_true, one.known_at or now))
    _refuse(problems)
    return reports


def _not_answered(model: str, reports: Sequence[Report], unknown: set[UUID]) -> Iterator[Problem]:
    for row, one in enumerate(reports):
        if one.decision_id in unknown:
            yield Problem(
                row=row,
                field="decision",
                wrong=f"{one.decision_id} is no answer of this API about {model}.",
                cure="An answer is known a moment after it was given; name those of a batch by entity_key.",
            )


def _refuse(problems: Iterable[Problem]) -> None:
    if found := list(problems):
        raise wrong_rows(found)
