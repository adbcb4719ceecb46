"""Mail through a real post office: readable, once, and to nobody where it cannot be sent."""

import json
from datetime import UTC, date, datetime
from email import message_from_bytes, policy
from typing import Any

import pytest
from sqlalchemy import text
from sqlalchemy.engine import Engine

from airlock.mail.facts import AlertLine, Picture
from airlock.mail.render import MailError
from airlock.operators.failure import ExplainedFailure, mail_failure
from airlock.operators.links import approval_link, mlflow_run_link, page_link, run_link, task_link
from airlock.operators.mailing import mail_once
from tests.airlock.lender import Lender
from tests.airlock.mail.test_render import REALISTIC
from tests.airlock.operators.running import context
from tests.post_office import HOST, PostOffice

FAILED: dict[str, Any] = {
    "dag_id": "loans.train",
    "run_id": "manual__1",
    "task_id": "train",
    "attempts": 3,
    "failed_at": datetime(2026, 1, 9, 5, tzinfo=UTC),
    "error": "MLflow does not answer <yet>.",
    "link": "http://airflow.example:8080/dags/loans.train",
}
TO = ["ria@airlock.example", "dana@airlock.example", "ria@airlock.example"]


def notices(engine: Engine) -> list[Any]:
    with engine.connect() as conn:
        return list(conn.execute(text("SELECT key, recipients FROM notices")))


def test_a_mail_goes_out_once_as_text_and_html(
    installation: Lender, post: PostOffice, engine: Engine
) -> None:
    assert mail_once("key", TO, "task_failed", **FAILED) is True
    assert mail_once("key", TO, "task_failed", **FAILED) is False
    (mail,) = post.mails
    assert mail.recipients == "dana@airlock.example, ria@airlock.example"
    assert mail.sender == "airlock@airlock.example"
    assert "loans.train" in mail.subject
    assert "MLflow does not answer <yet>." in mail.text
    assert "MLflow does not answer &lt;yet&gt;." in mail.html
    assert FAILED["link"] in mail.text and FAILED["link"] in mail.html
    assert notices(engine) == [("key", ["dana@airlock.example", "ria@airlock.example"])]


def test_two_matters_are_two_mails(installation: Lender, post: PostOffice) -> None:
    assert mail_once("one", TO, "task_failed", **FAILED)
    assert mail_once("two", TO, "task_failed", **FAILED)
    assert len(post.mails) == 2


def test_a_mail_that_could_not_be_sent_goes_out_when_it_is_tried_again(
    installation: Lender, post: PostOffice, engine: Engine, monkeypatch: pytest.MonkeyPatch
) -> None:
    closed = {
        "conn_type": "smtp",
        "host": HOST,
        "port": 9,
        "extra": {"disable_ssl": True, "disable_tls": True},
    }
    with monkeypatch.context() as broken:
        broken.setenv(
            "AIRFLOW_CONN_SMTP_DEFAULT", json.dumps(closed | {"extra": closed["extra"] | {"retry_limit": 1}})
        )
        with pytest.raises(Exception, match="Unable to connect|refused"):
            mail_once("key", TO, "task_failed", **FAILED)
    assert notices(engine) == []
    assert mail_once("key", TO, "task_failed", **FAILED) is True
    assert len(post.mails) == 1


def test_a_mail_that_lacks_a_fact_is_not_sent(installation: Lender, post: PostOffice, engine: Engine) -> None:
    with pytest.raises(MailError, match="missing 1 required positional argument: 'link'"):
        mail_once("key", TO, "task_failed", **{name: FAILED[name] for name in FAILED if name != "link"})
    assert (post.mails, notices(engine)) == ((), [])


def test_a_task_that_gave_up_is_mailed_once(installation: Lender, post: PostOffice, engine: Engine) -> None:
    failed = context(task_id="train", exception=ValueError("no rows"))
    mail_failure(failed)
    mail_failure(failed)
    (mail,) = post.mails
    assert mail.recipients == "dana@airlock.example, oncall@airlock.example"  # the owner can mend a training
    assert "no rows" in mail.text
    assert task_link("loans.train", "manual__1", "train") in mail.text
    assert [key for key, _ in notices(engine)] == ["failure/loans.train/manual__1/train/-1"]


def test_an_error_without_words_is_named(installation: Lender, post: PostOffice) -> None:
    mail_failure(context(exception=KeyError()))
    assert "KeyError" in post.mails[0].text


def test_a_nightly_task_of_the_project_that_gave_up_is_mailed_to_the_administrators(
    installation: Lender, post: PostOffice
) -> None:
    mail_failure(context(dag_id="audit", task_id="compare", exception=ConnectionError("no database")))
    (mail,) = post.mails
    assert mail.recipients == "admin@airlock.example"
    assert mail.subject == "[Airlock] Failed: compare of audit"


def test_a_failure_that_was_explained_is_not_mailed_twice(installation: Lender, post: PostOffice) -> None:
    mail_failure(context(exception=ExplainedFailure("The data fail the suite.")))
    assert post.mails == ()


def test_links_lead_to_airflow_s_pages(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("AIRLOCK_AIRFLOW_URL", "http://airflow.example:8080")
    monkeypatch.setenv("MLFLOW_TRACKING_URI", "http://mlflow.example:5000")
    run = "http://airflow.example:8080/dags/loans.train/runs/manual__2026-01-09T05%3A00%3A00%2B00%3A00"
    run_id = "manual__2026-01-09T05:00:00+00:00"
    assert run_link("loans.train", run_id) == run
    assert task_link("loans.train", run_id, "train") == f"{run}/tasks/train"
    assert approval_link("loans.train", run_id, "approve_1") == f"{run}/tasks/approve_1/required_actions"
    assert page_link("loans/nights/2026-01-09.html") == (
        "http://airflow.example:8080/airlock/pages/loans/nights/2026-01-09.html"
    )
    assert mlflow_run_link("abc") == "http://mlflow.example:5000/#/runs/abc"


def test_pictures_travel_inside_the_page_that_shows_them(installation: Lender, post: PostOffice) -> None:
    picture = Picture("debt", "debt in shares of the rows.", b"\x89PNG and more")
    found = AlertLine("debt has shifted.", "7.4 times its limit", date(2026, 1, 8), picture)
    facts = REALISTIC["drift_alert"] | {"findings": [found]}
    mail_once("night", TO, "drift_alert", **facts)
    (mail,) = post.mails
    assert mail.attachments == ("debt.png",)
    message = message_from_bytes(mail.file.read_bytes(), policy=policy.default)
    text, related = message.iter_parts()
    page, sent = related.iter_parts()
    assert (message.get_content_type(), related.get_content_type()) == (
        "multipart/alternative",
        "multipart/related",
    )
    assert f'src="cid:{sent["Content-ID"][1:-1]}"' in page.get_content()
    assert sent.get_content() == picture.content
    assert sent["Content-Disposition"].content_disposition == "inline"
    assert "debt has shifted." in text.get_content()
