"""A contest is what a person decided: each way to answer, and each way not to."""

from collections.abc import Collection
from dataclasses import dataclass
from datetime import timedelta
from typing import Any

import pytest
from airflow.sdk.exceptions import AirflowException, AirflowFailException, TaskAwaitingInput
from sqlalchemy import text
from sqlalchemy.engine import Engine

from airlock.governance import contests
from airlock.governance.audit_log import Entry
from airlock.governance.contests import Contest
from airlock.governance.predictions import PredictionRow
from airlock.governance.records import RecordError
from airlock.operators.announce_contest import AnnounceContestOperator
from airlock.operators.decide_contest import DecideContestOperator
from airlock.operators.find_contests import FindContestsOperator
from tests.airlock.lender import Lender
from tests.airlock.loans import loans
from tests.airlock.operators.contesting import CONTESTED, contested, decided
from tests.airlock.operators.running import TaskInstance, context
from tests.airlock.packaging import fit_and_build
from tests.post_office import PostOffice

ANSWERED = CONTESTED + timedelta(hours=1)
OWN = {"model": "loans", "spec_digest": "d" * 64}


@pytest.fixture(scope="module")
def package(lender: Lender) -> str:
    """The digest of a package of the lender's model."""
    return fit_and_build(lender.spec, "linear", loans(), lender.folder)[1].digest


@pytest.fixture
def decision(installation: Lender, package: str, engine: Engine) -> PredictionRow:
    row = decided(installation, package, engine)
    assert row.prediction == "true", "somebody that poor is expected to default"
    return row


@pytest.fixture
def contest(decision: PredictionRow, engine: Engine) -> Contest:
    return contested(engine)


def run_of(contest: Contest, task_id: str = "ask") -> Any:
    running = context("loans.contest", run_id=contest.run_id, task_id=task_id)
    return running | {"task_instance": running["ti"]}


def asking() -> DecideContestOperator:
    return DecideContestOperator(task_id="ask", deciders=["ria", "omar"], **OWN)


def answer(
    contest: Contest,
    choice: str,
    prediction: str = "",
    *,
    who: str | None = "ria",
    reason: str = "I looked.",
    form: dict[str, Any] | None = None,
) -> None:
    event = {
        "chosen_options": [choice],
        "params_input": form or {"reason": reason, "prediction": prediction},
        "responded_at": ANSWERED,
        "responded_by_user": who and {"id": who, "name": who},
    }
    asking().execute_complete(run_of(contest), event)


def now(engine: Engine, contest: Contest) -> Contest:
    with engine.connect() as conn:
        found = contests.find(conn, contest.id)
    assert found is not None
    return found


def refused(engine: Engine, contest: Contest) -> list[Entry]:
    with engine.connect() as conn:
        return list(contests.refused_answers(conn, contest))


@pytest.mark.parametrize(
    ("choice", "own", "state", "holds"),
    [
        ("Uphold", "", "upheld", "true"),
        ("Uphold", " true ", "upheld", "true"),
        ("Overturn", " false ", "overturned", "false"),
    ],
)
def test_an_answer_is_recorded_as_airflow_received_it(
    engine: Engine, contest: Contest, choice: str, own: str, state: str, holds: str
) -> None:
    for _ in range(2):  # a task that is resumed twice
        answer(contest, choice, own, reason="  I looked. ")
    settled = now(engine, contest)
    assert (settled.state, settled.prediction, settled.decided_by) == (state, holds, "ria")
    assert (settled.decided_because, settled.decided_at) == ("I looked.", ANSWERED)
    assert refused(engine, contest) == []


@pytest.mark.parametrize(
    ("given", "why"),
    [
        ({"choice": "Uphold", "reason": " \n"}, "ria gave no reason."),
        ({"choice": "Uphold", "form": {"reason": "I looked."}}, "ria gave no reason."),
        ({"choice": "Uphold", "form": {"reason": None, "prediction": ""}}, "ria gave no reason."),
        ({"choice": "Uphold", "form": {"reason": "a\0b", "prediction": ""}}, "ria gave no reason."),
        ({"choice": "Uphold", "who": "admin"}, "admin is not among those who decide contests of loans."),
        ({"choice": "Uphold", "who": "dana"}, "dana is not among those who decide contests of loans."),
        ({"choice": "Uphold", "prediction": "false"}, "ria upholds true and writes false."),
        ({"choice": "Overturn"}, "ria overturns true and writes no answer of their own."),
        ({"choice": "Overturn", "prediction": "true"}, "ria overturns true and writes the same."),
        (
            {"choice": "Overturn", "prediction": "perhaps"},
            "'perhaps' is none of the model's classes, which are false, true.",
        ),
    ],
)
def test_an_answer_that_does_not_count_is_recorded_and_asked_for_again(
    engine: Engine, contest: Contest, given: dict[str, Any], why: str
) -> None:
    with pytest.raises(AirflowException, match="The question is asked again") as again:
        answer(contest, **given)
    assert not isinstance(again.value, AirflowFailException), "that would end the task"
    assert now(engine, contest) == contest
    (entry,) = refused(engine, contest)
    assert (entry.actor, entry.at) == (given.get("who", "ria"), ANSWERED)
    assert why in entry.facts["reason"]


def test_an_answer_by_no_person_counts_for_nothing(engine: Engine, contest: Contest) -> None:
    with pytest.raises(AirflowFailException, match="recorded no person"):
        answer(contest, "Uphold", who=None)
    assert now(engine, contest) == contest
    assert [entry.actor for entry in refused(engine, contest)] == ["unknown"]


def test_who_started_the_training_does_not_judge_what_came_of_it(engine: Engine, contest: Contest) -> None:
    with engine.begin() as conn:
        conn.execute(text("UPDATE candidates SET trained_by = 'Ria'"))
    with pytest.raises(AirflowException, match="ria started the training of version 1"):
        answer(contest, "Uphold")
    assert now(engine, contest) == contest


def test_what_was_decided_is_not_decided_again(engine: Engine, contest: Contest) -> None:
    answer(contest, "Uphold")
    with pytest.raises(AirflowFailException, match="was decided by ria and takes no more answers"):
        answer(contest, "Overturn", "false", who="omar")
    assert now(engine, contest).state == "upheld"
    assert [entry.actor for entry in refused(engine, contest)] == ["omar"]


@pytest.mark.parametrize("run_id", ["contest_4711", "manual__1", "contest_", "contest_9999999999999999999"])
def test_a_run_that_names_no_contest_decides_nothing(contest: Contest, run_id: str) -> None:
    running = context("loans.contest", run_id=run_id, task_id="ask")
    with pytest.raises(AirflowFailException, match=f"The run {run_id} names no contest of loans"):
        asking().execute(running)


def test_another_model_s_contest_is_not_decided_here(engine: Engine, contest: Contest) -> None:
    with engine.begin() as conn:
        conn.execute(text("UPDATE contests SET model = 'churn'"))
    with pytest.raises(AirflowFailException, match="names no contest of loans"):
        answer(contest, "Uphold")


def test_a_decision_that_is_not_on_record_is_not_asked_about(engine: Engine, contest: Contest) -> None:
    with engine.begin() as conn:
        conn.execute(text("DELETE FROM predictions"))
    with pytest.raises(RecordError, match="which is not on record. Look for who changed the prediction log"):
        asking().execute(run_of(contest))


@pytest.fixture
def asked(monkeypatch: pytest.MonkeyPatch) -> list[dict[str, Any]]:
    """What was put before people; Airflow's supervisor would write it to its database."""
    put: list[dict[str, Any]] = []
    monkeypatch.setattr(
        "airflow.providers.standard.operators.hitl.upsert_hitl_detail", lambda **detail: put.append(detail)
    )
    return put


def ask(contest: Contest) -> None:
    with pytest.raises(TaskAwaitingInput) as waiting:
        asking().execute(run_of(contest))
    assert waiting.value.timeout is None, "there is no end of the time"


def test_the_deciders_are_asked_once_with_all_that_was_known(
    contest: Contest, decision: PredictionRow, asked: list[dict[str, Any]], post: PostOffice
) -> None:
    for _ in range(2):
        ask(contest)
    put = asked[0]
    assert (put["options"], put["defaults"]) == (["Uphold", "Overturn"], None)
    assert [user["id"] for user in put["assigned_users"]] == ["ria", "omar"]
    assert list(put["params"]) == ["reason", "prediction"]
    assert put["subject"] == f"Loans: is this decision right? (contest {contest.id})"
    for words in (
        "> My income is 4,000.",
        "**shop** passed this on",
        "**A-17**",
        f"with the score {decision.score:.4g}",
        "income = 400 raised the probability of true by",
        "/airlock/dossiers/dossier_1/dossier.html",
        f"`{decision.id}`",
        "one of false, true",
    ):
        assert words in put["body"], words
    (mail,) = post.mails
    assert mail.recipients == "omar@airlock.example, ria@airlock.example"
    assert f"/dags/loans.contest/runs/{contest.run_id}/tasks/ask/required_actions" in mail.text
    assert "4,000" not in mail.text, "why it is contested is personal"


def test_what_a_client_writes_is_shown_and_never_read_as_markup(
    decision: PredictionRow, engine: Engine, asked: list[dict[str, Any]]
) -> None:
    ask(contested(engine, "**Look**\n\n# at [this](http://evil.example) <script>alert(1)</script>"))
    (put,) = asked
    assert "<script>" not in put["body"]
    assert "](http://evil" not in put["body"]
    assert "\n# at" not in put["body"]


def test_an_answer_that_the_version_no_longer_gives_is_shown_as_such(
    contest: Contest, engine: Engine, asked: list[dict[str, Any]]
) -> None:
    with engine.begin() as conn:
        conn.execute(text("UPDATE predictions SET score = 0.011, prediction = 'false'"))
    ask(contest)
    (put,) = asked
    assert "it cannot be explained" in put["body"]
    assert "the log was changed past Airlock" in put["body"]


@pytest.mark.usefixtures("asked")
def test_those_who_are_asked_again_read_what_did_not_count(contest: Contest, post: PostOffice) -> None:
    ask(contest)
    with pytest.raises(AirflowException):
        answer(contest, "Uphold", reason="")
    ask(contest)
    assert len(post.mails) == 2
    assert "did not count" not in post.mails[0].text
    assert "ria gave no reason." in post.mails[-1].text


def test_where_nobody_is_left_nobody_is_waited_for(
    contest: Contest, engine: Engine, asked: list[dict[str, Any]], monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("airlock.operators.decide_contest.deciders_of", lambda spec: ("dana",))
    with pytest.raises(AirflowFailException, match="Nobody is left who may decide contests of loans"):
        asking().execute(run_of(contest))
    assert asked == []


def test_a_contest_that_is_decided_asks_nobody(
    contest: Contest, asked: list[dict[str, Any]], post: PostOffice
) -> None:
    answer(contest, "Uphold")
    assert asking().execute(run_of(contest)) is None
    assert (asked, post.mails) == ([], ())


def announce(contest: Contest) -> None:
    AnnounceContestOperator(task_id="announce", **OWN).execute(run_of(contest, "announce"))


def test_the_owner_is_told_once_what_was_decided(contest: Contest, post: PostOffice) -> None:
    answer(contest, "Overturn", "false", reason="The payslips say so.")
    for _ in range(2):
        announce(contest)
    (mail,) = post.mails
    assert mail.recipients == "dana@airlock.example"
    assert mail.subject == f"[Airlock] Loans: contest {contest.id} is decided: overturned"
    assert "The payslips say so." in mail.text


def test_a_task_marked_by_hand_decides_nothing_and_is_said(contest: Contest, post: PostOffice) -> None:
    with pytest.raises(AirflowFailException, match=r"marking the task ask by hand decides nothing\. Clear"):
        announce(contest)
    assert post.mails == ()


@dataclass(frozen=True)
class Looking(TaskInstance):
    """A task that knows which runs there are; Airflow's supervisor would ask its database."""

    runs: Collection[str] = ()

    def get_dr_count(self, dag_id: str, run_ids: list[str]) -> int:
        return sum(f"{dag_id}/{run_id}" in self.runs for run_id in run_ids)


def found(*runs: str) -> list[dict[str, Any]]:
    task = Looking("contests", "scheduled__1", "find", runs=runs)
    return FindContestsOperator(task_id="find").execute(context("contests") | {"ti": task})


def test_each_open_contest_starts_one_run(engine: Engine, contest: Contest) -> None:
    start = {"trigger_dag_id": "loans.contest", "trigger_run_id": contest.run_id}
    assert found() == [start]
    assert found(contest.run) == [], "it has its run"
    answer(contest, "Uphold")
    assert found() == []


def test_contests_of_models_that_are_gone_start_nothing(engine: Engine, contest: Contest) -> None:
    with engine.begin() as conn:
        conn.execute(text("UPDATE contests SET model = 'gone'"))
    assert found() == []
