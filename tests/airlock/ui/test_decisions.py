"""The page of one past decision: told with its reasons and its right, or plainly not."""

import os
import subprocess
import sys
import uuid
from collections.abc import Iterator
from dataclasses import dataclass, replace
from datetime import UTC, datetime, timedelta
from io import BytesIO
from pathlib import Path
from threading import BoundedSemaphore
from typing import Any

import pytest
import sqlalchemy as sa
from fastapi.testclient import TestClient
from sqlalchemy.engine import Engine

from airlock.governance import contests, feedback, outcomes
from airlock.governance.outcomes import Report
from airlock.governance.predictions import PredictionRow, line, log_file
from airlock.governance.tables import deleted_answers, deletions
from airlock.object_storage import filesystem
from airlock.package.package import Package
from airlock.package.scorer import Scorer
from airlock.ui import decisions, queries
from tests.airlock.loans import LINEAR, loan_spec, loans
from tests.airlock.object_server import ObjectServer
from tests.airlock.packaging import fit_and_build
from tests.airlock.serving.scoring_api import ROOT, deployed

PAGE = "/airlock/decisions"


@dataclass(frozen=True)
class Past:
    """A version in production, and an answer that it gave."""

    package: Package
    row: PredictionRow
    store: Path
    engine: Engine

    def log(self, **changed: Any) -> PredictionRow:
        """Keep an answer like the one at hand in the prediction log."""
        row = replace(self.row, **changed)
        with self.engine.begin() as conn:
            log_file(conn, BytesIO(line(row).encode()))
        return row


@pytest.fixture(scope="module")
def packaged(tmp_path_factory: pytest.TempPathFactory) -> Package:
    folder = tmp_path_factory.mktemp("packaged")
    return fit_and_build(loan_spec(candidates={"linear": LINEAR}), "linear", loans(), folder)[1]


@pytest.fixture
def past(packaged: Package, store: Path, engine: Engine) -> Iterator[Past]:
    kept = store / "packages" / packaged.digest
    kept.parent.mkdir(parents=True)
    subprocess.run(["cp", "-r", str(packaged.folder), str(kept)], check=True)
    deployed(engine, packaged, 1)
    features = loans(1, seed=5).select(list(packaged.signature.kinds)).to_pylist()[0]
    (answer,) = Scorer.load(packaged).predict([features])
    at = datetime.now(UTC)
    row = PredictionRow(
        id=uuid.uuid4(), model="loans", version=1, source="api", purpose="decision", entity_key="A7/<1>",
        features=features, score=answer.score, prediction=answer.prediction, run_key=None, event_time=at,
        scored_at=at, client="shop",
    )  # fmt: skip
    made = Past(packaged, row, store, engine)
    made.log()
    yield made


@pytest.fixture
def away(
    object_storage: ObjectServer, tmp_path: Path, past: Past, monkeypatch: pytest.MonkeyPatch
) -> Iterator[None]:
    """The evidence store is in an object storage that does not answer."""
    monkeypatch.setenv("AIRLOCK_STORE", f"{object_storage.new_bucket()}/evidence")
    monkeypatch.setenv("AIRLOCK_STORE_CACHE", str(tmp_path / "cache"))
    monkeypatch.setenv("AWS_ENDPOINT_URL", "http://127.0.0.1:9")
    filesystem.cache_clear()
    yield
    filesystem.cache_clear()


def test_without_an_id_the_page_says_where_ids_come_from(browser: TestClient) -> None:
    page = browser.get(PAGE)
    assert page.status_code == 200 and "<form" in page.text and "batch_scores" in page.text


def test_a_decision_is_told_with_its_reasons_and_its_right(browser: TestClient, past: Past) -> None:
    page = browser.get(PAGE, params={"decision": f" {past.row.id} "})
    assert page.status_code == 200, page.text
    text = page.text
    for words in (
        f'loans answered <span class="wait">{past.row.prediction}</span>',
        "A7/&lt;1&gt;",
        "shop, by the scoring API",
        "1 of 1 approved",
        "As the audit log tells it.",
        "the probability of true is",
        "sampled Shapley values",
        "none was reported through the API",
        "not contested",
    ):
        assert words in text
    for feature in past.row.features:
        assert f'<th scope="row">{feature}</th>' in text
    assert f'href="./lineage/prediction/{past.row.id}"' in text
    assert 'href="./lineage/entity/loans/A7/%3C1%3E"' in text


def test_outcome_contest_and_feedback_are_told(browser: TestClient, past: Past) -> None:
    at = datetime.now(UTC)
    about: dict[str, Any] = {"decision_id": past.row.id, "model": "loans", "version": 1}
    with past.engine.begin() as conn:
        contests.contest(conn, **about, reason="My <income> is higher.", asked_by="till", at=at)
        feedback.give(conn, **about, verdict="disagree", comment="odd <b>", given_by="till", at=at)
        outcomes.report(conn, "loans", [Report(past.row.id, None, "<true>", at)], by="till", at=at)
    page = browser.get(PAGE, params={"decision": str(past.row.id)}).text
    for words in ("My &lt;income&gt; is higher.", "odd &lt;b&gt;", "<b>&lt;true&gt;</b>", "reported by till"):
        assert words in page
    assert "dags/loans.contest/runs/contest_1" in page


def test_of_several_reports_the_newest_about_the_decision_or_its_entity_counts(past: Past) -> None:
    at, key = past.row.event_time, past.row.entity_key
    reports = [
        Report(None, key, "long before", at - timedelta(days=9)),
        Report(None, "somebody else", "another's", at),
        Report(uuid.uuid4(), None, "another decision's", at),
    ]

    def known(entity: str | None = key) -> str | None:
        with past.engine.begin() as conn:
            found = outcomes.of_decision(conn, "loans", past.row.id, entity, at)
        return found and found.outcome

    with past.engine.begin() as conn:
        outcomes.report(conn, "loans", reports, by="till", at=at)
    assert known() is None
    for report in (Report(past.row.id, None, "first", at), Report(None, key, "second", at)):
        with past.engine.begin() as conn:
            outcomes.report(conn, "loans", [report], by="till", at=at)
    assert (known(), known(None)) == ("second", "first")


@pytest.mark.parametrize(
    ("decision", "status", "words"),
    [
        ("seven", 422, "That is no id of a decision."),
        ("<script>alert(1)</script>", 422, "That is no id of a decision."),
        ("0f7c3a52-6a5e-4f3e-9d1b-3c1f0a7b2d11", 404, "No decision 0f7c3a52-6a5e-4f3e-9d1b-3c1f0a7b2d11 is"),
    ],
)
def test_what_is_no_decision_is_said(browser: TestClient, decision: str, status: int, words: str) -> None:
    page = browser.get(PAGE, params={"decision": decision})
    assert page.status_code == status and words in page.text and "<script>alert" not in page.text


def test_a_decision_that_retention_deleted_is_said_with_its_day(browser: TestClient, engine: Engine) -> None:
    number, at = uuid.uuid4(), datetime(2026, 11, 1, tzinfo=UTC)
    values = {"model": "loans", "kind": "answers", "rows": 1, "digest": "x", "run": "retention/one"}
    moments = {"first_event": at, "last_event": at, "deleted_at": at}
    with engine.begin() as conn:
        made = sa.insert(deletions).values(values | moments).returning(deletions.c.id)
        gone = {"id": number, "deletion_id": conn.execute(made).scalar_one()}
        conn.execute(sa.insert(deleted_answers).values(gone))
    page = browser.get(PAGE, params={"decision": str(number)})
    assert page.status_code == 410 and "was deleted by retention on 2026-11-01" in page.text


def test_what_a_shadow_said_is_no_decision(browser: TestClient, past: Past) -> None:
    shadow = past.log(id=uuid.uuid4(), purpose="shadow")
    assert browser.get(PAGE, params={"decision": str(shadow.id)}).status_code == 404


def test_who_looks_at_a_decision_stands_in_the_log(
    browser: TestClient, past: Past, caplog: pytest.LogCaptureFixture
) -> None:
    with caplog.at_level("INFO", "airlock.ui.looks"):
        browser.get(PAGE, params={"decision": str(past.row.id)})
        browser.get(f"/airlock/lineage/prediction/{past.row.id}")
        browser.get("/airlock/lineage/entity/credit_risk/A7%1Bdana/<1>")
        browser.get(PAGE, params={"decision": str(uuid.uuid4())})
        browser.get(f"/airlock/lineage/version/{past.row.model}/1")
    assert [one.getMessage() for one in caplog.records if one.name == "airlock.ui.looks"] == [
        f"dana looked at decision {past.row.id}",
        f"dana looked at the lineage of prediction {past.row.id}",
        r"dana looked at the lineage of entity credit_risk/A7\x1bdana/<1>",
    ]


def test_whoever_cannot_be_served_soon_is_told_and_holds_no_connection(
    browser: TestClient, past: Past, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(decisions, "PATIENCE_SECONDS", 0.01)
    asked = {"decision": str(past.row.id)}
    pool = queries.engine(os.environ["AIRLOCK_DATABASE_URL"]).pool
    with decisions.TURN:
        busy = browser.get(PAGE, params=asked)
        assert pool.checkedout() == 0
    assert busy.status_code == 503 and "Others are being explained now. Try again." in busy.text
    monkeypatch.setattr(decisions, "PLACES", BoundedSemaphore(1))
    monkeypatch.setattr(decisions, "PATIENCE_SECONDS", 1e6)
    with decisions.PLACES, decisions.TURN:
        assert browser.get(PAGE, params=asked).status_code == 503
    assert browser.get(PAGE, params=asked).status_code == 200


@pytest.mark.usefixtures("away")
def test_while_the_storage_is_away_nothing_is_said_of_a_decision(browser: TestClient, past: Past) -> None:
    page = browser.get(PAGE, params={"decision": str(past.row.id)})
    assert page.status_code == 503 and "AIRLOCK_STORE is s3://" in page.text
    assert "It is not explained" not in page.text


def test_a_changed_package_explains_nothing_and_the_decision_is_still_told(
    browser: TestClient, past: Past
) -> None:
    background = past.store / "packages" / past.package.digest / "background.json"
    background.write_bytes(background.read_bytes() + b" ")
    page = browser.get(PAGE, params={"decision": str(past.row.id)}).text
    assert "It is not explained." in page and "was changed" in page
    assert "What was known" in page and "sampled Shapley" not in page
    for feature in past.row.features:
        assert f'<th scope="row">{feature}</th>' in page


def test_an_answer_of_a_version_that_was_never_released_has_no_right(browser: TestClient, past: Past) -> None:
    forged = past.log(id=uuid.uuid4(), version=9)
    page = browser.get(PAGE, params={"decision": str(forged.id)}).text
    assert "cannot be proved" in page and "The audit log does not say that loans version 9 answered" in page


def test_the_api_server_starts_without_what_explaining_needs() -> None:
    code = (
        "import warnings; warnings.simplefilter('ignore'); import airlock.ui.app, sys; "
        "print([name for name in ('onnxruntime', 'sklearn', 'pandas') if name in sys.modules])"
    )
    ran = subprocess.run(
        [sys.executable, "-c", code], cwd=ROOT / "plugins", capture_output=True, text=True, check=True
    )
    assert ran.stdout.splitlines()[-1] == "[]"
