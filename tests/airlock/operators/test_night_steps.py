"""A night as its tasks do it: scored, measured, told, and a training asked for where one helps."""

from datetime import datetime
from typing import Any

import pytest
from airflow.sdk.exceptions import AirflowSkipException
from sqlalchemy.engine import Engine

from airlock.data.window import night_of
from airlock.governance import audit_log, nights
from airlock.governance.nights import Night
from airlock.governance.tables import audit_log as log_table
from airlock.operators.alert import AlertOperator
from airlock.operators.assets import retrain_asset
from airlock.operators.finish_scoring import FinishScoringOperator
from airlock.operators.measure import MeasureOperator
from airlock.operators.plan_scoring import PlanScoringOperator
from airlock.operators.report import ReportOperator
from airlock.operators.retrain import RetrainOperator
from airlock.operators.run import BY_A_TASK
from airlock.operators.score import ScoreOperator
from airlock.operators.triage import TriageOperator
from tests.airlock.lender import A_DAY_S_LOANS, CALM, IN_CENTS, NOTHING, SHIFTED, Lender, Trained, deployed
from tests.airlock.operators.running import context
from tests.post_office import PostOffice

OWN = {"model": "loans", "spec_digest": "d" * 64}


@pytest.fixture
def champion(installation: Lender, trained: Trained, engine: Engine) -> Engine:
    """A database whose champion is version 1."""
    deployed(engine, trained.package("linear"))
    return engine


def run_of_night(end: datetime, run_id: str = "scheduled__1") -> Any:
    return context("loans.monitor", run_id=run_id, interval_end=end)


def scored(end: datetime) -> dict[str, Any]:
    """Plan the night, score its parts and finish it."""
    planned = PlanScoringOperator(task_id="plan", **OWN).execute(run_of_night(end))
    for part in planned:
        ScoreOperator(task_id="score", part=part, **OWN).execute(run_of_night(end))
    return FinishScoringOperator(task_id="finish", planned=planned, **OWN).execute(run_of_night(end))


def measured(end: datetime) -> dict[str, Any]:
    """Score the night and measure it."""
    scored(end)
    return MeasureOperator(task_id="measure", **OWN).execute(run_of_night(end))


def branch(end: datetime) -> str | None:
    return TriageOperator(task_id="triage", **OWN).choose_branch(run_of_night(end))


def retrain(end: datetime, run_id: str = "scheduled__1") -> tuple[dict[str, Any], Any]:
    running = run_of_night(end, run_id)
    asked = RetrainOperator(task_id="retrain", **OWN).execute(running)
    return asked, running["outlet_events"][retrain_asset("loans")].extra


def recorded(engine: Engine, end: datetime) -> Night:
    with engine.connect() as conn:
        night = nights.find(conn, "loans", night_of(end).night)
    assert night is not None
    return night


def test_a_calm_night_ends_quietly(champion: Engine) -> None:
    assert measured(CALM) == {"night": "2026-01-09", "rows": A_DAY_S_LOANS, "findings": 0}
    assert branch(CALM) is None


def test_before_anything_is_deployed_both_are_skipped_and_say_so(installation: Lender) -> None:
    with pytest.raises(
        AirflowSkipException, match="No version of loans is deployed, so nothing can be scored"
    ):
        PlanScoringOperator(task_id="plan", **OWN).execute(run_of_night(CALM))
    with pytest.raises(AirflowSkipException, match="nothing to watch"):
        MeasureOperator(task_id="measure", **OWN).execute(run_of_night(CALM))


def test_a_drifting_night_is_mailed_once_and_asks_for_a_training(champion: Engine, post: PostOffice) -> None:
    assert measured(SHIFTED)["findings"] > 0
    assert branch(SHIFTED) == "alert"
    for _ in range(2):
        AlertOperator(task_id="alert", **OWN).execute(run_of_night(SHIFTED))
    (mail,) = post.mails
    assert mail.recipients == "oncall@airlock.example"
    for finding in recorded(champion, SHIFTED).findings:
        assert finding["sentence"] in " ".join(mail.text.split())
    assert "A new training starts by itself" in " ".join(mail.text.split())
    assert "Why, as far as one can tell. Other cases come than in training" in " ".join(mail.text.split())
    assert "/airlock/pages/loans/nights/2026-01-11.html" in mail.text
    assert "debt.png" in mail.attachments
    drawn = [one["column"] for one in recorded(champion, SHIFTED).measures["drift"] if one["bars"]]
    assert set(drawn) == {finding["column"] for finding in recorded(champion, SHIFTED).findings} - {None}
    asked, event = retrain(SHIFTED)
    assert asked == event
    assert asked["started_by"] == "loans.monitor"
    assert asked["as_of"] == SHIFTED.isoformat()
    assert asked["cause"].startswith("The night of 2026-01-11 crossed limits: ")
    assert asked["cause"].endswith(
        "It fits the champion, linear, again on newer rows, because only inputs moved."
    )
    assert (asked["mode"], asked["history"]) == ("refit", "20d")
    assert recorded(champion, SHIFTED).training_asked_by == "scheduled__1"


def test_a_run_that_is_repeated_asks_the_same_again_and_another_one_does_not(champion: Engine) -> None:
    measured(SHIFTED)
    assert retrain(SHIFTED) == retrain(SHIFTED)
    with pytest.raises(AirflowSkipException, match="within the cooldown"):
        retrain(SHIFTED, "manual__2")
    assert recorded(champion, SHIFTED).training_asked_by == "scheduled__1"


def test_what_a_person_s_own_run_asks_for_is_that_person_s_training(champion: Engine) -> None:
    measured(SHIFTED)
    by_hand = context("loans.monitor", run_id="backfill__1", user="dana", interval_end=SHIFTED)
    assert RetrainOperator(task_id="retrain", **OWN).execute(by_hand)["started_by"] == "dana"
    with champion.connect() as conn:
        (row,) = audit_log.entries(conn, log_table.c.act == "training_asked")
    assert row.actor == "dana"


def test_what_a_run_asks_for_of_somebody_who_may_not_train_is_not_started(champion: Engine) -> None:
    measured(SHIFTED)
    by_hand = context("loans.monitor", run_id="backfill__1", user="ria", interval_end=SHIFTED)
    with pytest.raises(AirflowSkipException, match="ria had the night watched, and may start no training"):
        RetrainOperator(task_id="retrain", **OWN).execute(by_hand)
    assert recorded(champion, SHIFTED).training_asked_by is None


def test_a_night_that_a_task_had_watched_starts_no_training_in_anybody_s_name(champion: Engine) -> None:
    measured(SHIFTED)
    triggered = context("loans.monitor", run_id="x1", run_type=BY_A_TASK, user="dana", interval_end=SHIFTED)
    with pytest.raises(AirflowSkipException, match="a task of another Dag had the night watched, and may"):
        RetrainOperator(task_id="retrain", **OWN).execute(triggered)
    assert recorded(champion, SHIFTED).training_asked_by is None


def test_a_night_that_is_backfilled_after_newer_ones_starts_nothing(champion: Engine) -> None:
    measured(SHIFTED)
    measured(NOTHING)
    with pytest.raises(AirflowSkipException, match="only the newest night may ask"):
        retrain(SHIFTED)


def test_measuring_again_does_not_forget_who_asked(champion: Engine) -> None:
    measured(SHIFTED)
    retrain(SHIFTED)
    measured(SHIFTED)
    with pytest.raises(AirflowSkipException, match="within the cooldown"):
        retrain(SHIFTED, "manual__2")


def test_faulty_data_are_mailed_and_start_nothing(champion: Engine, post: PostOffice) -> None:
    measured(IN_CENTS)
    assert branch(IN_CENTS) == "alert"
    AlertOperator(task_id="alert", **OWN).execute(run_of_night(IN_CENTS))
    (mail,) = post.mails
    assert "a model must not learn from faulty data" in " ".join(mail.text.split())
    with pytest.raises(AirflowSkipException, match="must not learn from faulty data"):
        retrain(IN_CENTS)


def test_a_report_is_written_where_there_was_something(champion: Engine, installation: Lender) -> None:
    measured(CALM)
    path = ReportOperator(task_id="report", **OWN).execute(run_of_night(CALM))
    assert path == "loans/nights/2026-01-09.html"
    assert (installation.store.root / "pages" / path).is_file()
    measured(NOTHING)
    assert ReportOperator(task_id="report", **OWN).execute(run_of_night(NOTHING)) is None


def test_a_night_is_scored_part_by_part_and_not_by_a_version_that_came_later(
    champion: Engine, trained: Trained
) -> None:
    assert scored(CALM) == {"night": "2026-01-09", "version": 1, "parts": 1, "rows": A_DAY_S_LOANS}
    deployed(champion, trained.package("trees"), 2)
    with pytest.raises(AirflowSkipException, match="Version 1 of loans has scored the night 2026-01-09"):
        scored(CALM)
