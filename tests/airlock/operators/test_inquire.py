"""A person says what to do about an incident that nobody can explain: each way to answer, and not to."""

from datetime import datetime, timedelta
from pathlib import Path
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

from airlock.governance import audit_log, incident_events, incidents, inquiries, nights
from airlock.governance.audit_log import Entry
from airlock.governance.incidents import Incident
from airlock.governance.nights import Night
from airlock.governance.records import RecordError
from airlock.monitoring.finding import Finding
from airlock.operators.announce_inquiry import AnnounceInquiryOperator
from airlock.operators.assets import retrain_asset
from airlock.operators.find_inquiries import FindInquiriesOperator
from airlock.operators.follow_inquiry import RetrainAsAnsweredOperator, RollBackAsAnsweredOperator
from airlock.operators.inquire import LOOKS_EVERY, OPTIONS, InquireOperator, answerers
from airlock.operators.run import run_of as read_run
from airlock.operators.triage import TriageOperator
from airlock.package.package import open_package
from airlock.triage.cause import Cause, Evidence
from tests.airlock.governance.records import register
from tests.airlock.lender import SHIFTED, Lender, deployed
from tests.airlock.loans import loans
from tests.airlock.operators.releasing import champion
from tests.airlock.operators.running import context
from tests.airlock.packaging import fit_and_build
from tests.airlock.wrong_api import answering_otherwise
from tests.post_office import PostOffice

OWN = {"model": "loans", "spec_digest": "d" * 64}
DAY = timedelta(days=1)
NIGHT = (SHIFTED - DAY).date()
SCORE = Finding("prediction_drift", "score", 0.5, 0.25, "The score has shifted.", "prediction_drift/score")
POOR = Finding("performance", "roc_auc", 0.5, 0.6, "roc_auc is 0.5.", "performance/roc_auc")
UNCLEAR = Cause(
    "unclear", "", "None of the known causes explains it.", (Evidence("score", "Inputs are calm."),), "ask"
)
SHIFT = Cause("covariate_shift", "debt", "Other cases come.", (), "retrain")
ANSWERED = datetime.fromisoformat("2030-01-01T10:00:00+00:00")


@pytest.fixture(scope="module")
def packages(lender: Lender) -> tuple[str, str]:
    """Two packages of the lender's model."""
    _, linear = fit_and_build(lender.spec, "linear", loans(), lender.folder)
    _, trees = fit_and_build(lender.spec, "trees", loans(), lender.folder)
    return linear.digest, trees.digest


def watched(
    engine: Engine,
    *findings: Finding,
    cause: Cause | None = UNCLEAR,
    end: datetime = SHIFTED,
    version: int | None = None,
) -> list[dict[str, Any]]:
    """Record a night as triage does, and return the runs that the monitor starts then."""
    measures = {"suite": {"checks": 3, "failed": 0}, "cause": cause and cause.to_json()}
    found = [finding.to_json() for finding in findings]
    with engine.begin() as conn:
        nights.record(conn, Night("loans", (end - DAY).date(), version, 240, measures, found, None, end))
    running = context("loans.monitor", run_id=f"scheduled__{end:%d}", interval_end=end)
    TriageOperator(task_id="triage", **OWN).choose_branch(running)
    return FindInquiriesOperator(task_id="find", **OWN).execute(running)


def of_kind(engine: Engine, kind: str = "drift") -> Incident:
    with engine.connect() as conn:
        (found,) = (one for one in incidents.open_ones(conn) if one.kind == kind)
    return found


@pytest.fixture
def incident(installation: Lender, engine: Engine) -> Incident:
    """The open incident of a night whose cause is unclear, of version 2."""
    watched(engine, SCORE, version=2)
    return of_kind(engine)


@pytest.fixture
def two(incident: Incident, engine: Engine, packages: tuple[str, str]) -> Engine:
    """Version 2 serves, and version 1 did before."""
    for version, package in enumerate(packages, start=1):
        deployed(engine, package, version)
    return engine


def run_of(incident: Incident, task_id: str = "ask") -> Any:
    running = context("loans.inquire", run_id=inquiries.run_id_of(incident.id), task_id=task_id)
    return running | {"task_instance": running["ti"]}


def asking() -> InquireOperator:
    return InquireOperator(task_id="ask", people=list(answerers()), **OWN)


def answer(incident: Incident, choice: str, *, who: str | None = "mika", reason: str = "I looked.") -> None:
    event = {
        "chosen_options": [choice],
        "params_input": {"reason": reason},
        "responded_at": ANSWERED,
        "responded_by_user": who and {"id": who, "name": who},
    }
    asking().execute_complete(run_of(incident), event)


def now(engine: Engine, incident: Incident) -> Incident:
    with engine.connect() as conn:
        found = incidents.find(conn, incident.id)
    assert found is not None
    return found


def events(engine: Engine, incident: Incident) -> list[tuple[str, str, str]]:
    """What happened to an incident after it was opened and given to the owner."""
    with engine.connect() as conn:
        known = incident_events.timeline(conn, incident.id)
    return [(event.event, event.by, event.text) for event in known[2:]]


def told(engine: Engine, act: str) -> list[Entry]:
    with engine.connect() as conn:
        return [entry for entry in audit_log.entries(conn) if entry.act == act]


def settle(engine: Engine, incident: Incident) -> None:
    with engine.begin() as conn:
        incidents.settle(conn, incident.id, by="dana", because="It was a test.", at=ANSWERED, run=None)


@pytest.fixture
def asked(monkeypatch: pytest.MonkeyPatch) -> list[dict[str, Any]]:
    """What was put before people; Airflow's supervisor would write it to its database."""
    put: list[dict[str, Any]] = []
    monkeypatch.setattr(
        "airflow.providers.standard.operators.hitl.upsert_hitl_detail", lambda **detail: put.append(detail)
    )
    return put


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
    assert started == [
        {"trigger_dag_id": "loans.inquire", "trigger_run_id": f"incident_{number}"} for number in both
    ]
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


def test_an_answer_from_before_the_incident_is_asked_for_again(
    incident: Incident, engine: Engine, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(f"{__name__}.ANSWERED", SHIFTED)
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


def test_those_who_are_asked_again_read_what_did_not_count(
    incident: Incident, asked: list[dict[str, Any]], post: PostOffice
) -> None:
    ask(incident)
    with pytest.raises(AirflowException):
        answer(incident, "Ignore", reason="")
    ask(incident)
    assert "#### Answers that did not count\n\n- mika gave no reason." in asked[-1]["body"]
    assert "did not count" not in asked[0]["body"]
    assert len(post.mails) == 1


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


def test_going_back_lets_the_version_before_serve_at_once_by_who_answered(
    two: Engine, incident: Incident
) -> None:
    for _ in range(2):
        answer(incident, "Roll back", who="omar")
    serving = champion(two)
    assert serving is not None and serving.version == 1
    (entry,) = told(two, "rolled_back")
    assert (entry.actor, entry.run) == ("omar", f"loans.inquire/incident_{incident.id}")
    assert entry.facts["reason"] == "I looked."
    assert events(two, incident) == [("noted", "omar", "Roll back: I looked.")]


def test_going_back_is_refused_where_there_is_nothing_to_go_back_to(
    incident: Incident, engine: Engine, packages: tuple[str, str]
) -> None:
    deployed(engine, packages[0], 2)
    with pytest.raises(AirflowException, match="there is nothing to go back to"):
        answer(incident, "Roll back", who="omar")
    serving = champion(engine)
    assert serving is not None and serving.version == 2
    assert told(engine, "inquiry_answered") == []


def test_going_back_is_refused_where_another_version_serves_than_the_night_is_about(
    incident: Incident, engine: Engine, packages: tuple[str, str]
) -> None:
    for version, package in zip((2, 3), packages, strict=True):
        deployed(engine, package, version)
    with pytest.raises(AirflowException, match="version 3 serves now, and what was found is about version 2"):
        answer(incident, "Roll back", who="omar")
    serving = champion(engine)
    assert serving is not None and serving.version == 3


def test_a_version_whose_package_is_gone_does_not_come_back_and_nothing_is_half_done(
    two: Engine, incident: Incident, monkeypatch: pytest.MonkeyPatch, tmp_path: Path
) -> None:
    monkeypatch.setenv("AIRLOCK_STORE", str(tmp_path / "empty"))
    with pytest.raises(AirflowException, match="is not in the evidence store"):
        answer(incident, "Roll back", who="omar")
    serving = champion(two)
    assert serving is not None and serving.version == 2
    assert (told(two, "rolled_back"), told(two, "inquiry_answered")) == ([], [])


def test_a_training_is_that_of_whoever_answered_and_says_why(incident: Incident, engine: Engine) -> None:
    answer(incident, "Retrain", who="dana", reason="A new market.")
    running = run_of(incident, "retrain")
    extra = RetrainAsAnsweredOperator(task_id="retrain", **OWN).execute(running)
    assert running["outlet_events"][retrain_asset("loans")].extra == extra
    started = read_run(
        context("loans.train", events={retrain_asset("loans"): [extra]}), retrain_asset("loans")
    )
    assert (started.started_by, started.as_of, started.mode) == ("dana", ANSWERED, "search")
    assert started.cause == (
        f"dana was asked about incident {incident.id} and said: A new market. The score has shifted."
    )


def test_a_training_that_has_been_made_is_not_asked_for_again(incident: Incident, engine: Engine) -> None:
    answer(incident, "Retrain", who="dana")
    made = RetrainAsAnsweredOperator(task_id="retrain", **OWN).execute(run_of(incident, "retrain"))
    watched(engine, SCORE, POOR, end=SHIFTED + DAY, version=2)
    with engine.begin() as conn:
        register(conn, model="loans", cause=made["cause"])
    with pytest.raises(AirflowSkipException, match="has been made"):
        RetrainAsAnsweredOperator(task_id="retrain", **OWN).execute(run_of(incident, "retrain"))


@pytest.mark.parametrize("follow", [RetrainAsAnsweredOperator, RollBackAsAnsweredOperator])
@pytest.mark.parametrize("choice", [None, "Investigate"])
def test_another_answer_or_none_starts_nothing(
    incident: Incident, engine: Engine, follow: Any, choice: str | None
) -> None:
    if choice:
        answer(incident, choice)
    with pytest.raises(AirflowSkipException, match="Nobody answered"):
        follow(task_id="follow", **OWN).execute(run_of(incident, "follow"))


def test_everybody_is_told_of_a_version_that_came_back(
    two: Engine,
    incident: Incident,
    installation: Lender,
    packages: tuple[str, str],
    post: PostOffice,
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    monkeypatch.setattr("airlock.training.registry.show_champion", lambda model, version: None)
    answer(incident, "Roll back", who="omar", reason="It refuses everybody.")
    before = open_package(installation.store, packages[0])
    with answering_otherwise(before, lambda answers: None, version=1) as api:
        monkeypatch.setenv("AIRLOCK_SCORING_URL", api)
        done = RollBackAsAnsweredOperator(task_id="roll_back", **OWN).execute(run_of(incident, "roll_back"))
    assert (done["taken_back"], done["serves"]) == (2, 1)
    (mail,) = post.mails
    assert "version 2 was rolled back by omar" in mail.subject and "It refuses everybody." in mail.text


def announce(incident: Incident) -> None:
    AnnounceInquiryOperator(task_id="announce", **OWN).execute(run_of(incident, "announce"))


def test_the_owner_and_those_on_call_are_told_once_what_was_answered(
    incident: Incident, post: PostOffice
) -> None:
    answer(incident, "Ignore", reason="A campaign, which ends on Sunday.")
    for _ in range(2):
        announce(incident)
    (mail,) = post.mails
    assert mail.recipients == "dana@airlock.example, oncall@airlock.example"
    assert mail.subject == f"[Airlock] Loans: incident {incident.id} was answered: ignore"
    assert "A campaign, which ends on Sunday." in mail.text


def test_a_task_marked_by_hand_answers_nothing_and_is_said(incident: Incident, post: PostOffice) -> None:
    with pytest.raises(AirflowFailException, match=r"marking the task ask by hand answers nothing\. Clear"):
        announce(incident)
    assert post.mails == ()


def test_a_question_that_was_withdrawn_is_announced_to_nobody(
    incident: Incident, engine: Engine, post: PostOffice
) -> None:
    settle(engine, incident)
    announce(incident)
    assert post.mails == ()
