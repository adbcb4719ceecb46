"""A night's audit: verified, then anchored and mailed; or found wrong, mailed, and not anchored."""

from pathlib import Path
from typing import Any

import pytest
from airflow.sdk.exceptions import AirflowSkipException
from sqlalchemy import text
from sqlalchemy.engine import Engine

from airlock.audit import anchors
from airlock.governance import audit_log
from airlock.governance.records import RecordError
from airlock.operators.anchor_log import AnchorLogOperator
from airlock.operators.failure import ExplainedFailure
from airlock.operators.verify_log import VerifyLogOperator
from tests.airlock.audit.logs import fill
from tests.airlock.lender import Lender
from tests.airlock.operators.running import context
from tests.post_office import PostOffice


@pytest.fixture
def file(installation: Lender, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    """The file of the anchors, this test's own."""
    monkeypatch.setenv("AIRLOCK_ANCHORS", str(tmp_path / "kept" / "anchors.jsonl"))
    return tmp_path / "kept" / "anchors.jsonl"


def verify(night: int = 1) -> dict[str, Any]:
    running = context("audit", run_id=f"scheduled__{night}", task_id="verify")
    return VerifyLogOperator(task_id="verify").execute(running)


def anchor(found: dict[str, Any], night: int = 1) -> dict[str, Any]:
    task = AnchorLogOperator(task_id="anchor", seq=str(found["seq"]), digest=found["digest"])
    return task.execute(context("audit", run_id=f"scheduled__{night}", task_id="anchor"))


def test_a_log_that_verifies_is_anchored_in_the_file_the_log_and_a_mail(
    file: Path, engine: Engine, post: PostOffice
) -> None:
    fill(engine, 3)
    found = verify()
    assert (found["rows"], found["seq"]) == (3, 3)
    assert anchor(found) == {"seq": 3, "row": 4}
    with engine.connect() as conn:
        *_, row = audit_log.entries(conn)
    assert (row.act, row.actor, row.run) == ("log_anchored", "audit", "audit/scheduled__1")
    assert row.facts == {"seq": 3, "digest": found["digest"]}
    assert anchors.read(file) == ((anchors.Anchor(3, found["digest"], row.at),), ())
    (mail,) = post.mails
    assert found["digest"] in mail.text
    assert verify(2)["rows"] == 4


def test_a_task_that_is_repeated_anchors_and_mails_once(file: Path, engine: Engine, post: PostOffice) -> None:
    fill(engine, 2)
    found = verify()
    assert anchor(found) == anchor(found)
    assert len(anchors.read(file)[0]) == len(post.mails) == 1


def test_every_night_has_its_own_anchor(file: Path, engine: Engine, post: PostOffice) -> None:
    fill(engine, 1)
    for night in (1, 2, 3):
        anchor(verify(night), night)
    assert [one.seq for one in anchors.read(file)[0]] == [1, 2, 3]


def test_a_log_that_was_changed_is_mailed_in_words_and_fails_for_good(
    file: Path, engine: Engine, post: PostOffice
) -> None:
    fill(engine, 3)
    with engine.begin() as conn:
        conn.execute(text("ALTER TABLE audit_log DISABLE TRIGGER ALL"))
        conn.execute(text("UPDATE audit_log SET actor = 'eve' WHERE seq = 2"))
    with pytest.raises(ExplainedFailure, match=r"1 findings?. Row 2 \(.*, eve, .*\) was changed"):
        verify()
    (mail,) = post.mails
    assert "Row 2 (" in mail.text
    assert "ada@airlock.example" in mail.recipients and "admin@airlock.example" in mail.recipients


def test_what_was_changed_after_it_was_verified_is_not_anchored(file: Path, engine: Engine) -> None:
    fill(engine, 3)
    found = verify()
    with engine.begin() as conn:
        conn.execute(text("ALTER TABLE audit_log DISABLE TRIGGER ALL"))
        conn.execute(text("UPDATE audit_log SET actor = 'eve' WHERE seq = 3"))
    with pytest.raises(RecordError, match="Row 3 of the audit log is not what was verified"):
        anchor(found)
    assert not file.exists()


def test_a_head_that_nobody_verified_is_not_anchored(file: Path, engine: Engine) -> None:
    fill(engine, 3)
    with pytest.raises(RecordError, match="Row 9 of the audit log is not what was verified"):
        anchor({"seq": 9, "digest": "0" * 64})


def test_an_empty_log_has_nothing_to_anchor(file: Path) -> None:
    with pytest.raises(AirflowSkipException, match="The log is empty"):
        anchor(verify())
