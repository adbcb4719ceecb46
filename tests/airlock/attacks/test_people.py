"""A data scientist who wants a version out, and answers for others or has the rules changed meanwhile."""

import json
import shutil
from collections.abc import Callable
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Any

import pytest
from airflow.sdk.exceptions import AirflowException
from sqlalchemy.engine import Engine

from airlock.governance import approvals, releases
from airlock.governance.audit_log import Entry
from airlock.governance.candidates import Candidate
from airlock.governance.records import RecordError
from airlock.governance.releases import Release
from airlock.operators.approve import ApproveOperator
from airlock.operators.open_release import OpenReleaseOperator
from airlock.spec import SpecError, load_model
from tests.airlock.governance.records import register
from tests.airlock.lender import Lender
from tests.airlock.operators.releasing import OWN, RUN, Answer, champion, decided, recorded
from tests.airlock.operators.running import context

Log = Callable[..., list[Entry]]
OPENED = datetime.now(UTC) - timedelta(hours=1)
WAITING = context("loans.release", run_id="asset__1", task_id="approve_1")


@pytest.fixture
def opened(installation: Lender, engine: Engine) -> Callable[..., Release]:
    """Open a release of a candidate that somebody trained."""

    def make(trained_by: str, **facts: Any) -> Release:
        with engine.begin() as conn:
            candidate = register(conn, model="loans", trained_by=trained_by, **facts)
            return releases.open_release(
                conn, candidate=candidate, dag_run_id="asset__1", people=2, opened_at=OPENED
            )

    return make


def answered(release: Release, who: str, at: datetime) -> None:
    ApproveOperator(
        task_id="approve_1",
        slot=1,
        approvers=["ria", "omar"],
        response_timeout=timedelta(days=3),
        release=str(release.id),
        **OWN,
    ).execute_complete(
        WAITING,
        {
            "chosen_options": ["Approve"],
            "params_input": {"reason": "looks fine"},
            "responded_at": at,
            "responded_by_user": {"id": who, "name": who},
        },
    )


def only_refused(log: Log, who: str, release: Release, engine: Engine) -> str:
    """Return why the one answer on record does not count."""
    with engine.connect() as conn:
        assert approvals.of_release(conn, release.id) == ()
    assert log("answer_recorded") == [] and champion(engine) is None
    (refused,) = log("answer_refused")
    assert refused.actor == who
    return str(refused.facts["reason"])


@pytest.mark.parametrize(
    "starter",
    [
        " RIA ",
        "MLflow:Ria",
        "ｒｉａ",
        "ri\N{ZERO WIDTH SPACE}a",
        "ria\N{SOFT HYPHEN}",
    ],
)
def test_who_started_the_training_approves_it_under_another_spelling(
    opened: Callable[[str], Release], engine: Engine, log: Log, starter: str
) -> None:
    release = opened(starter)
    with pytest.raises(AirflowException, match="asked again"):
        answered(release, "ria", datetime.now(UTC))
    assert "started the training and cannot approve it" in only_refused(log, "ria", release, engine)


@pytest.mark.parametrize("name", ["ria", " Ria"])
def test_who_registered_a_model_in_mlflow_has_another_take_it_in_and_approves_it(
    opened: Callable[..., Release], engine: Engine, log: Log, name: str
) -> None:
    release = opened("dana", evidence={"external": {"version": 7, "registered_by": name}})
    with pytest.raises(AirflowException, match="asked again"):
        answered(release, "ria", datetime.now(UTC))
    assert "registered the model and cannot approve it" in only_refused(log, "ria", release, engine)


@pytest.mark.parametrize(
    "lookalike",
    [
        "Ria",
        "ria ",
        "ｒｉａ",
        "r\N{CYRILLIC SMALL LETTER BYELORUSSIAN-UKRAINIAN I}a",
        "ria\n",
        "admin",
    ],
)
def test_somebody_whose_name_looks_like_an_approver_s_answers(
    opened: Callable[[str], Release], engine: Engine, log: Log, lookalike: str
) -> None:
    release = opened("dana")
    with pytest.raises(AirflowException, match="asked again"):
        answered(release, lookalike, datetime.now(UTC))
    assert "is not among the approvers" in only_refused(log, lookalike, release, engine)


@pytest.mark.parametrize(
    ("at", "because"),
    [
        (OPENED - timedelta(days=1), "is dated before the release was opened"),
        (OPENED + timedelta(days=400), "came after the time for it was over"),
    ],
)
def test_an_answer_whose_moment_was_moved_does_not_count(
    opened: Callable[[str], Release], engine: Engine, log: Log, at: datetime, because: str
) -> None:
    """Copy an answer of long ago, or let the clock run ahead."""
    release = opened("dana")
    with pytest.raises(AirflowException):
        answered(release, "ria", at)
    assert because in only_refused(log, "ria", release, engine)


def edited(installation: Lender, folder: Path, monkeypatch: pytest.MonkeyPatch, **changes: Any) -> None:
    """Change the model's spec after the training, in a folder of this test's own."""
    include = folder / "include"
    shutil.copytree(installation.include, include)
    file = include / "models" / "loans" / "model.yaml"
    file.write_text(json.dumps(json.loads(file.read_text()) | changes))
    monkeypatch.setenv("AIRLOCK_INCLUDE", str(include))


def test_the_tier_is_lowered_after_the_training(
    candidate: Candidate,
    installation: Lender,
    engine: Engine,
    log: Log,
    tmp_path: Path,
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    edited(installation, tmp_path, monkeypatch, risk_tier="minimal")
    with pytest.raises(RecordError, match="was judged under the tier limited"):
        OpenReleaseOperator(task_id="open", **OWN).execute(RUN)
    with engine.connect() as conn:
        assert releases.open_ones(conn) == ()
    assert log("deployment_refused")[-1].facts["candidate"] == candidate.id


def test_fewer_people_are_asked_for_while_the_release_waits(
    release: str,
    answer: Answer,
    installation: Lender,
    engine: Engine,
    log: Log,
    tmp_path: Path,
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    edited(installation, tmp_path, monkeypatch, approval={"people": 1, "approvers": ["ria", "omar"]})
    answer(1, "ria")
    assert decided(release) == "close"
    assert champion(engine) is None
    assert "Only ria answered; 2 people must approve." in recorded(engine, release).reason
    assert log("release_closed")[-1].facts["state"] == "failed"


@pytest.mark.parametrize("friend", ["eve", "dana"])
def test_a_friend_is_named_as_approver_while_the_release_waits(
    opened: Callable[[str], Release],
    installation: Lender,
    engine: Engine,
    log: Log,
    tmp_path: Path,
    monkeypatch: pytest.MonkeyPatch,
    friend: str,
) -> None:
    """Name somebody who is not in people.yaml, or who is no approver there: no model is loaded so."""
    release = opened("mika")
    edited(installation, tmp_path, monkeypatch, approval={"people": 2, "approvers": ["ria", friend]})
    with pytest.raises(AirflowException, match="asked again"):
        answered(release, friend, datetime.now(UTC))
    assert "is not among the approvers" in only_refused(log, friend, release, engine)
    with pytest.raises(SpecError, match=f"{friend} (is not in people.yaml|has not the role approver)"):
        load_model(tmp_path / "include", "loans")
