"""A person says what to do about an incident that nobody can explain: each way to answer, and not to."""

from typing import Any

import pytest
from airflow.sdk.exceptions import (
    AirflowException,
    AirflowFailException,
    AirflowRescheduleException,
    AirflowSkipException,
    TaskAwaitingInput,
)
from sqlalchemy.engine import Engine

from airlock.governance import incidents, inquiries
from airlock.governance.incidents import Incident
from airlock.governance.records import RecordError
from airlock.monitoring.finding import Finding
from airlock.operators.inquire import LOOKS_EVERY, OPTIONS
from airlock.triage.cause import Cause
from tests.airlock.lender import SHIFTED, Lender
from tests.airlock.operators.inquiring import (
    ANSWERED,
    DAY,
    NIGHT,
    POOR,
    SCORE,
    SHIFT,
    answer,
    asking,
    events,
    now,
    of_kind,
    run_of,
    settle,
    told,
    watched,
)
from tests.airlock.operators.releasing import champion
from tests.airlock.operators.running import context
from tests.post_office import PostOffice


def ask(incident: Incident) -> None:
    with pytest.raises(TaskAwaitingInput) as waiting:
        asking().execute(run_of(incident))
    assert waiting.value.timeout == LOOKS_EVERY


def test_the_choices_are_those_that_are_on_record() -> None:
    assert list(inquiries.NEEDS) == OPTIONS


def test_each_incident_of_an_unclear_night_gets_one_run_however_many_nights_show_it(
    installation: Lender, engine: Engine
) -> None:
    started = watched(engine, SCORE, POOR)
    both = [of_kind(engine, kind).id for kind in ("drift", "performance")]
    assert started == [f"incident_{number}" for number in both]
    assert watched(engine, SCORE, POOR, end=SHIFTED + DAY) == started, "Airflow has these runs already"


def test_what_triage_has_nothing_to_say_of_is_not_asked_about(installation: Lender, engine: Engine) -> None:
    slow = Finding("service", None, 0.4, 0.1, "The API is slow.", "service/p99")
    watched(engine, slow, SCORE)
    assert len(watched(engine, slow, SCORE, end=SHIFTED + DAY)) == 1
    assert of_kind(engine, "service").state == "open"


@pytest.mark.parametrize("cause", [SHIFT, None], ids=["explained", "none"])
def test_a_night_that_triage_explains_asks_nobody(
    installation: Lender, engine: Engine, cause: Cause | None
) -> None:
    assert watched(engine, SCORE, cause=cause) == []


def test_a_night_of_the_past_asks_nobody(incident: Incident, engine: Engine) -> None:
    assert watched(engine, SCORE, end=SHIFTED - 3 * DAY) == []


def test_whoever_may_answer_anything_is_asked_and_mailed_once_with_all_that_is_known(
    two: Engine, incident: Incident, asked: list[dict[str, Any]], post: PostOffice
) -> None:
    for _ in range(2):
        ask(incident)
    put = asked[0]
    assert (put["options"], put["defaults"]) == (OPTIONS, None)
    assert [user["id"] for user in put["assigned_users"]] == ["dana", "mika", "ria", "omar", "admin"]
    assert list(put["params"]) == ["reason"]
    for words in (
        "None of the known causes explains it.",
        "- Inputs are calm.",
        f"The score has shifted. 2 times its limit, since {NIGHT}",
        f"/airlock/incidents/{incident.id}",
        "/airlock/dossiers/",
        "For dana or mika.",
        "takes version 2 back for good, and version 1 answers within seconds. For mika or ria or omar",
    ):
        assert words in put["body"], words
    (mail,) = post.mails
    assert mail.recipients.count("@") == 5 and "ada@" not in mail.recipients
    assert f"/dags/loans.inquire/runs/incident_{incident.id}/tasks/ask/required_actions" in mail.text
    assert events(two, incident) == [
        (
            "run_linked",
            "loans.inquire",
            "A person is asked what to do: Retrain, Ignore, Roll back, Investigate.",
        )
    ]


def test_the_question_says_what_cannot_be_done_now(incident: Incident, asked: list[dict[str, Any]]) -> None:
    ask(incident)
    assert "**Roll back** cannot be done now. loans: nothing serves" in asked[0]["body"]


def test_what_data_say_is_never_read_as_markup(
    installation: Lender, engine: Engine, asked: list[dict[str, Any]]
) -> None:
    evil = Finding("column_drift", "x", 0.5, 0.25, "<script> [a](http://evil.example)", "column_drift/x")
    watched(engine, evil)
    ask(of_kind(engine))
    assert "<script>" not in asked[0]["body"] and "](http://evil" not in asked[0]["body"]


@pytest.mark.parametrize(
    ("choice", "who", "state", "event"),
    [
        ("Retrain", "dana", "open", ("noted", "dana", "Retrain: I looked.")),
        ("Ignore", "admin", "settled", ("settled", "admin", "I looked.")),
        ("Investigate", "mika", "open", ("assigned", "mika", "I looked.")),
    ],
)
def test_an_answer_is_done_once_and_recorded_as_airflow_received_it(
    incident: Incident, engine: Engine, choice: str, who: str, state: str, event: tuple[str, str, str]
) -> None:
    for _ in range(2):  # a task that is resumed twice
        answer(incident, choice, who=who, reason="  I looked. ")
    assert now(engine, incident).state == state
    assert events(engine, incident) == [event]
    (entry,) = told(engine, "inquiry_answered")
    assert (entry.actor, entry.at, entry.run) == (who, ANSWERED, f"loans.inquire/incident_{incident.id}")
    assert entry.facts == {"incident": incident.id, "choice": choice, "reason": "I looked."}
    assert told(engine, "inquiry_answer_refused") == []


@pytest.mark.parametrize(
    ("choice", "who", "why"),
    [
        ("Retrain", "ria", "ria may not train: data_scientist or ml_engineer may."),
        ("Retrain", "admin", "admin may not train"),
        ("Roll back", "dana", "dana may not roll back"),
        ("Ignore", "omar", "omar may not handle incident"),
        ("Investigate", "ada", "ada may not handle incident"),
        ("Ignore", "nobody", "nobody is not in people.yaml"),
    ],
)
def test_an_answer_of_somebody_who_may_not_is_refused_and_asked_for_again(
    two: Engine, incident: Incident, choice: str, who: str, why: str
) -> None:
    with pytest.raises(AirflowException, match="The question is asked again") as again:
        answer(incident, choice, who=who)
    assert not isinstance(again.value, AirflowFailException), "that would end the task"
    (entry,) = told(two, "inquiry_answer_refused")
    assert (entry.actor, entry.facts["choice"]) == (who, choice) and why in entry.facts["reason"]
    assert (now(two, incident), events(two, incident)) == (incident, [])
    serving = champion(two)
    assert serving is not None and serving.version == 2


def test_an_answer_without_a_reason_is_asked_for_again(incident: Incident, engine: Engine) -> None:
    with pytest.raises(AirflowException, match=r"mika gave no reason\. The question is asked again"):
        answer(incident, "Ignore", reason=" \n")
    assert now(engine, incident) == incident


@pytest.mark.parametrize("form", [{"reason": None}, {"reason": 5}, {"why": "I looked."}, {"reason": "a\0b"}])
def test_an_answer_whose_form_is_another_one_is_on_record_and_asked_for_again(
    incident: Incident, engine: Engine, form: dict[str, Any]
) -> None:
    with pytest.raises(AirflowException, match=r"mika gave no reason\. The question is asked again"):
        answer(incident, "Ignore", form=form)
    assert now(engine, incident) == incident
    assert [entry.actor for entry in told(engine, "inquiry_answer_refused")] == ["mika"]


def test_an_answer_from_before_the_incident_is_asked_for_again(
    incident: Incident, engine: Engine, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("tests.airlock.operators.inquiring.ANSWERED", SHIFTED)
    with pytest.raises(AirflowException, match="is dated before the incident"):
        answer(incident, "Ignore")
    assert now(engine, incident) == incident


def test_an_answer_by_no_person_counts_for_nothing(incident: Incident, engine: Engine) -> None:
    with pytest.raises(AirflowFailException, match="recorded no person"):
        answer(incident, "Ignore", who=None)
    assert now(engine, incident) == incident
    assert [entry.actor for entry in told(engine, "inquiry_answer_refused")] == ["unknown"]


def test_a_second_answer_does_nothing(incident: Incident, engine: Engine) -> None:
    answer(incident, "Investigate")
    with pytest.raises(AirflowException, match="mika has answered Investigate about incident"):
        answer(incident, "Ignore", who="dana")
    assert now(engine, incident).state == "open"
    assert asking().execute(run_of(incident)) is None


def test_those_who_are_asked_again_are_mailed_what_did_not_count(
    incident: Incident, asked: list[dict[str, Any]], post: PostOffice
) -> None:
    ask(incident)
    with pytest.raises(AirflowException):
        answer(incident, "Ignore", reason="")
    ask(incident)
    assert len(asked) == 2
    first, once_more = (mail.text for mail in post.mails)
    assert "did not count:" not in first
    assert "mika gave no reason." in once_more


def test_where_the_incident_is_over_the_question_is_withdrawn_and_an_answer_does_nothing(
    incident: Incident, engine: Engine, asked: list[dict[str, Any]]
) -> None:
    settle(engine, incident)
    with pytest.raises(AirflowSkipException, match=r"was settled by dana: It was a test\. The question is"):
        asking().execute(run_of(incident))
    with pytest.raises(AirflowSkipException, match="nothing was done"):
        answer(incident, "Investigate")
    assert asked == []
    assert [entry.actor for entry in told(engine, "inquiry_answer_refused")] == ["mika"]
    assert told(engine, "inquiry_answered") == []


def test_from_time_to_time_it_looks_whether_the_incident_is_still_open(incident: Incident) -> None:
    over = {"error": "The time has passed.", "error_type": "timeout"}
    with pytest.raises(AirflowRescheduleException):
        asking().execute_complete(run_of(incident), over)


@pytest.mark.parametrize(
    "run_id", ["incident_4711", "manual__1", "incident_", "incident_9999999999999999999"]
)
def test_a_run_that_names_no_incident_asks_nobody(incident: Incident, run_id: str) -> None:
    with pytest.raises(AirflowFailException, match=f"The run {run_id} names no incident of the nights"):
        asking().execute(context("loans.inquire", run_id=run_id, task_id="ask"))


def test_what_is_in_production_is_not_asked_about(installation: Lender, engine: Engine) -> None:
    with engine.begin() as conn:
        made, _ = incidents.open_incident(
            conn, kind="alias_moved", key="a", sentence="It moved.", at=SHIFTED, model="loans"
        )
    with pytest.raises(AirflowFailException, match="names no incident of the nights of loans"):
        asking().execute(run_of(made))


def test_an_incident_of_a_night_that_is_gone_is_not_asked_about(
    incident: Incident, engine: Engine, asked: list[dict[str, Any]]
) -> None:
    with engine.begin() as conn:
        conn.exec_driver_sql("DELETE FROM nights")
    with pytest.raises(RecordError, match="was shown by no night that is on record"):
        asking().execute(run_of(incident))
    assert asked == []
