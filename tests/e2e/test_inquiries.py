"""Nobody can explain a night: a person is asked in Airflow, and the question ends with its incident."""

from collections.abc import Iterator
from datetime import UTC, date, datetime

import pytest
import sqlalchemy as sa

from airlock.governance import incidents, nights, tables
from airlock.governance.incidents import Incident
from airlock.governance.nights import Night
from airlock.monitoring.finding import Finding
from airlock.triage.cause import Cause
from demo.people import People
from stack.airflow_records import Question, Run
from stack.waiting import wait_until
from tests.e2e.records import Records
from tests.e2e.running_stack import RunningStack
from tests.e2e.trained import asked, ended

MODEL = "tumour_diagnosis"
NIGHT = date(2025, 3, 3)
AT = datetime(2025, 3, 4, tzinfo=UTC)
SCORE = Finding("prediction_drift", "score", 0.5, 0.25, "The score has shifted.", "prediction_drift/score")
UNCLEAR = Cause("unclear", "", "None of the known causes explains it.", (), "ask")
ASKING = sa.text(
    "SELECT state, trigger_timeout > now() + interval '5 hours' AS asks_on FROM task_instance "
    "WHERE dag_id = :dag AND run_id = :run AND task_id = 'ask'"
)
LOOK_NOW = sa.text(
    "UPDATE task_instance SET trigger_timeout = now() "
    "WHERE dag_id = :dag AND run_id = :run AND task_id = 'ask' AND state = 'awaiting_input'"
)


@pytest.fixture
def owner(stack: RunningStack) -> sa.Engine:
    """The airlock database, as who owns it."""
    return sa.create_engine(stack.database_url(), poolclass=sa.NullPool)


@pytest.fixture
def incident(owner: sa.Engine) -> Iterator[Incident]:
    """The open incident of a night that triage could not explain."""
    night = Night(
        MODEL, NIGHT, None, 120, {"cause": UNCLEAR.to_json()}, [SCORE.to_json()], None, measured_at=AT
    )
    with owner.begin() as conn:
        nights.record(conn, night)
        made, _ = incidents.open_incident(
            conn,
            kind="drift",
            key=f"night/{MODEL}/drift",
            sentence=SCORE.sentence,
            at=AT,
            model=MODEL,
            run=f"{MODEL}.monitor/then",
            day=NIGHT,
        )
    yield made
    with owner.begin() as conn:
        known = incidents.find(conn, made.id)
        if known is not None and known.state == "open":
            settle(conn, made)


def settle(conn: sa.Connection, incident: Incident) -> None:
    at, because = datetime.now(UTC), "It was a test."
    incidents.settle(conn, incident.id, by="dana", because=because, at=at, run="incident/by_hand")


def inquiry(people: People, incident: Incident) -> Run:
    """Start the run that asks about an incident, as the monitor does."""
    dag_id = f"{MODEL}.inquire"
    wait_until(lambda: dag_id in people.dana.dag_ids(), what=f"Airflow to read {dag_id}", timeout=120)
    return people.dana.trigger(dag_id, run_id=f"incident_{incident.id}")


def test_a_person_answers_and_one_who_may_not_is_refused(
    stack: RunningStack, people: People, records: Records, incident: Incident
) -> None:
    run = inquiry(people, incident)
    question = asked(people, run)
    assert UNCLEAR.sentence in question.body and question.options[2] == "Roll back"
    assert set(question.assigned) == {"dana", "mika", "ria", "omar", "admin"}
    omar = people.approvers[1]
    omar.answer(question, "Ignore", {"reason": "it will pass"})

    def again() -> Question | None:
        found = people.dana.questions(run.dag_id, run.run_id)
        return next((one for one in found if one.task.try_number > 1), None)

    question = wait_until(again, what="the question to be asked again", timeout=120)
    people.dana.answer(question, "Investigate", {"reason": "I look into it"})
    skipped = {"retrain": "skipped", "roll_back": "skipped"}
    assert ended(people, run) == {"ask": "success", "announce": "success"} | skipped
    (refused,) = records.rows(tables.audit_log, act="inquiry_answer_refused", model=MODEL)
    assert (refused["actor"], refused["facts"]["choice"]) == ("omar", "Ignore")
    (answered,) = records.rows(tables.audit_log, act="inquiry_answered", model=MODEL)
    assert (answered["actor"], answered["facts"]["reason"]) == ("dana", "I look into it")
    timeline = records.rows(tables.incident_events, incident_id=incident.id)
    assert [(one["event"], one["by"], one["owner"]) for one in timeline[1:]] == [
        ("run_linked", f"{MODEL}.inquire", None),
        ("assigned", "dana", "dana"),
    ]
    mails = stack.mails()
    first, once_more = [mail for mail in mails if f"done about incident {incident.id}?" in mail.subject]
    assert "did not count:" not in first.text and "omar may not handle incident" in once_more.text
    assert sum(f"incident {incident.id} was answered: investigate" in mail.subject for mail in mails) == 1


def test_a_question_is_asked_on_while_its_incident_is_open_and_withdrawn_afterwards(
    stack: RunningStack, people: People, incident: Incident, owner: sa.Engine
) -> None:
    run = inquiry(people, incident)
    asked(people, run)
    airflow = sa.create_engine(stack.database_url("airflow"), poolclass=sa.NullPool)
    named = {"dag": run.dag_id, "run": run.run_id}

    def asks_on() -> bool:
        with airflow.connect() as conn:
            ask = conn.execute(ASKING, named).one()
        return ask.state == "awaiting_input" and ask.asks_on

    def look_now() -> None:
        wait_until(asks_on, what="the question to be asked", timeout=120)
        with airflow.begin() as conn:
            assert conn.execute(LOOK_NOW, named).rowcount == 1

    look_now()
    wait_until(asks_on, what="the question to be asked on", timeout=120)
    assert asked(people, run)
    with owner.begin() as conn:
        settle(conn, incident)
    look_now()
    skipped = {"ask": "skipped", "retrain": "skipped", "roll_back": "skipped"}
    assert ended(people, run) == skipped | {"announce": "success"}
    assert len([mail for mail in stack.mails() if f"about incident {incident.id}?" in mail.subject]) == 1
