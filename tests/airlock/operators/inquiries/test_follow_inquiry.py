"""What follows from an answer: another version serves, a training begins, and everybody is told."""

from pathlib import Path
from typing import Any

import pytest
from airflow.sdk.exceptions import (
    AirflowException,
    AirflowFailException,
    AirflowSkipException,
)
from sqlalchemy.engine import Engine

from airlock.governance.incidents import Incident
from airlock.operators.announce_inquiry import AnnounceInquiryOperator
from airlock.operators.assets import retrain_asset
from airlock.operators.follow_inquiry import RetrainAsAnsweredOperator, RollBackAsAnsweredOperator
from airlock.operators.run import run_of as read_run
from airlock.package.package import open_package
from tests.airlock.governance.records import register
from tests.airlock.lender import SHIFTED, Lender, deployed
from tests.airlock.operators.inquiring import (
    ANSWERED,
    DAY,
    OWN,
    POOR,
    SCORE,
    answer,
    events,
    run_of,
    settle,
    told,
    watched,
)
from tests.airlock.operators.releasing import champion
from tests.airlock.operators.running import context
from tests.airlock.wrong_api import answering_otherwise
from tests.post_office import PostOffice


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
