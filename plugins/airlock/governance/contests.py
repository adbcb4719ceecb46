"""Contests: decisions that somebody does not accept, each looked at again by a person whose word counts."""

import uuid
from collections.abc import Mapping
from dataclasses import dataclass
from datetime import datetime
from typing import Literal

import sqlalchemy as sa
from sqlalchemy.dialects.postgresql import insert
from sqlalchemy.engine import Connection

from airlock.governance import audit_log, refusals
from airlock.governance.decision import part_of, person
from airlock.governance.records import RecordError, record_of
from airlock.governance.tables import contests

State = Literal["open", "upheld", "overturned"]
UPHOLD, OVERTURN = "Uphold", "Overturn"


@dataclass(frozen=True)
class Contest:
    """A contested decision; once a person has decided, `prediction` is the answer that holds."""

    id: int
    decision_id: uuid.UUID
    model: str
    version: int
    reason: str
    asked_by: str
    asked_at: datetime
    state: State
    prediction: str | None
    decided_by: str | None
    decided_because: str | None
    decided_at: datetime | None

    @property
    def run_id(self) -> str:
        """The id of the one run of `<model>.contest` that asks about it."""
        return f"contest_{self.id}"

    @property
    def run(self) -> str:
        """That run, as the audit log names it."""
        return f"{self.model}.contest/{self.run_id}"


@dataclass(frozen=True)
class Verdict:
    """What a person answered; `prediction` is their own answer, empty where they uphold the model's."""

    responder: str
    choice: str
    prediction: str
    reason: str
    responded_at: datetime


def contest(
    conn: Connection,
    *,
    decision_id: uuid.UUID,
    model: str,
    version: int,
    reason: str,
    asked_by: str,
    at: datetime,
) -> tuple[Contest, bool]:
    """Contest a decision and say whether that is new: each is contested once, and then stays the same.

    Parameters
    ----------
    model, version
        What decided.
    reason, asked_by
        Why it is contested, and the client that passed it on.
    """
    values = {
        "decision_id": decision_id,
        "model": model,
        "version": version,
        "reason": reason,
        "asked_by": asked_by,
        "asked_at": at,
    }
    once = insert(contests).values(values).on_conflict_do_nothing(index_elements=["decision_id"])
    made = conn.execute(once.returning(contests)).one_or_none()
    if made is not None:
        return record_of(Contest, made), True
    known = of_decision(conn, decision_id)
    assert known is not None  # nobody may delete one
    return known, False


def find(conn: Connection, contest_id: int, *, lock: bool = False) -> Contest | None:
    """Return a contest by its id; with `lock`, no other transaction can change it meanwhile."""
    query = sa.select(contests).where(contests.c.id == contest_id)
    row = conn.execute(query.with_for_update() if lock else query).one_or_none()
    return None if row is None else record_of(Contest, row)


def of_decision(conn: Connection, decision_id: uuid.UUID) -> Contest | None:
    """Return the contest of a decision."""
    row = conn.execute(sa.select(contests).where(contests.c.decision_id == decision_id)).one_or_none()
    return None if row is None else record_of(Contest, row)


def open_ones(conn: Connection, model: str) -> tuple[Contest, ...]:
    """Return a model's contests that wait for a person, oldest first."""
    query = sa.select(contests).where(contests.c.model == model, contests.c.state == "open")
    return tuple(record_of(Contest, row) for row in conn.execute(query.order_by(contests.c.id)))


def objection(
    known: Contest, given: Verdict, *, may: bool, makers: Mapping[str, str], answered: str
) -> str | None:
    """Say why a person's word about a contest does not count; None where it does.

    Parameters
    ----------
    may
        Whether whoever answered is one who decides contests of this model.
    makers
        Who had a hand in the version that decided, and which: nobody judges their own.
    answered
        The model's own answer.
    """
    who = given.responder
    if not person(who):
        return "Airflow recorded no person with an answer, so it counts for nothing."
    if known.state != "open":
        return f"Contest {known.id} was decided by {known.decided_by} and takes no more answers."
    if not may:
        return f"{who} is not among those who decide contests of {known.model}."
    if did := part_of(who, makers):
        return f"{who} {did} of version {known.version} and cannot judge what it decides."
    if given.responded_at < known.asked_at:
        return f"The answer by {who} is dated before the contest."
    if not given.reason.strip():
        return f"{who} gave no reason."
    if given.choice == UPHOLD and given.prediction not in ("", answered):
        return f"{who} upholds {answered} and writes {given.prediction}. Choose Overturn, or leave it empty."
    if given.choice == OVERTURN and not given.prediction:
        return f"{who} overturns {answered} and writes no answer of their own."
    if given.choice == OVERTURN and given.prediction == answered:
        return f"{who} overturns {answered} and writes the same. Choose Uphold, or write another answer."
    return None


def decide(conn: Connection, contest_id: int, given: Verdict, *, answered: str) -> Contest:
    """Record what a person decided, once: repeating it returns the first record.

    Parameters
    ----------
    answered
        The model's own answer, which holds where it is upheld.

    Raises
    ------
    RecordError
        When there is no such contest, another word about it was recorded, or an answer is missing.
    """
    known = find(conn, contest_id, lock=True)
    if known is None:
        raise RecordError(f"There is no contest {contest_id}.")
    upheld = given.choice == UPHOLD
    prediction = answered if upheld else given.prediction
    if not prediction:
        raise RecordError(f"Contest {contest_id} is overturned without another answer. Give one.")
    decided = {
        "state": "upheld" if upheld else "overturned",
        "prediction": prediction,
        "decided_by": given.responder,
        "decided_because": given.reason,
        "decided_at": given.responded_at,
    }
    if known.state != "open":
        if {name: getattr(known, name) for name in decided} != decided:
            raise RecordError(
                f"Contest {contest_id} was decided by {known.decided_by}, and a record is never changed."
            )
        return known
    change = sa.update(contests).where(contests.c.id == contest_id).values(decided).returning(contests)
    settled = record_of(Contest, conn.execute(change).one())
    audit_log.append(
        conn,
        "contest_decided",
        actor=given.responder,
        at=given.responded_at,
        model=settled.model,
        run=settled.run,
        facts={
            "contest": settled.id,
            "decision": str(settled.decision_id),
            "version": settled.version,
            "state": settled.state,
            "prediction": settled.prediction,
            "reason": settled.decided_because,
        },
    )
    return settled


def refuse_answer(conn: Connection, known: Contest, given: Verdict, because: str) -> None:
    """Write into the audit log, once, that an answer was given which does not count, and why."""
    refusals.refuse(
        conn,
        "contest_answer_refused",
        responder=given.responder,
        at=given.responded_at,
        model=known.model,
        run=known.run,
        facts={"contest": known.id, "choice": given.choice, "reason": because, "said": given.reason},
    )


def refused_answers(conn: Connection, known: Contest) -> tuple[audit_log.Entry, ...]:
    """Return what the audit log says of answers about a contest that did not count, in their order."""
    return audit_log.of_run(conn, "contest_answer_refused", model=known.model, run=known.run)
