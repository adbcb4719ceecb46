"""Alerts by other notifiers: real ones, once each, and none of them keeps another from being told."""

import json
from collections.abc import Iterator, Mapping
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

import pytest

from airlock.operators.failure import mail_failure
from airlock.operators.mailing import alert_once
from airlock.operators.notifying import NotNotified, check_notifiers
from airlock.operators.specs import spec_errors, usable_specs
from airlock.spec import ModelSpec, SpecError, load_model
from tests.airlock.lender import Lender
from tests.airlock.operators.running import context
from tests.post_office import PostOffice

SMTP = "airflow.providers.smtp.notifications.smtp.SmtpNotifier"
PAGER = "airlock_models.loans.pager.Pager"
OWN = """
from pathlib import Path
from airflow.sdk import BaseNotifier

class Pager(BaseNotifier):
    template_fields = ("text",)

    def __init__(self, text, file):
        super().__init__()
        self.text, self.file = text, Path(file)

    def notify(self, context):
        with self.file.open("a") as told:
            told.write(f"{self.text} {context['ti'].task_id}\\n")

class OnlyAsync(BaseNotifier):
    async def async_notify(self, context):
        pass
"""
FACTS: dict[str, Any] = {
    "dag_id": "loans.monitor",
    "run_id": "manual__1",
    "task_id": "measure",
    "attempts": 3,
    "failed_at": datetime(2026, 1, 9, 5, tzinfo=UTC),
    "error": "{{ 7 * 7 }} <broken>",
    "link": "http://airflow.example:8080/dags/loans.monitor",
}


@pytest.fixture
def pager(installation: Lender) -> Iterator[Path]:
    """A notifier of the model's own, which writes into the file that is returned."""
    own = installation.models / "loans" / "pager.py"
    own.write_text(OWN)
    yield installation.folder / "told.txt"
    own.unlink()
    (installation.folder / "told.txt").unlink(missing_ok=True)


def notifying(installation: Lender, *entries: Mapping[str, Any]) -> ModelSpec:
    spec = load_model(installation.include, "loans")
    alerts = {"to": ["oncall@airlock.example"], "notify": entries}
    return spec.model_copy(update={"alerts": type(spec.alerts).model_validate(alerts)})


def paged(file: Path) -> dict[str, Any]:
    return {"notifier": PAGER, "arguments": {"text": "{{ mail.subject }} {{ mail.link }}", "file": str(file)}}


def alert(spec: ModelSpec) -> bool:
    return alert_once("key", spec.alerts.to, spec, context(task_id="alert"), "task_failed", **FACTS)


def test_an_alert_is_mailed_and_said_once_by_every_notifier(
    installation: Lender, post: PostOffice, pager: Path
) -> None:
    second = {
        "notifier": SMTP,
        "arguments": {
            "to": "chat@airlock.example",
            "subject": "Chat: {{ mail.subject }}",
            "html_content": "{{ mail.html }}",
        },
    }
    spec = notifying(installation, paged(pager), second)
    check_notifiers(spec)
    assert alert(spec) is True
    assert alert(spec) is False
    mail, chat = post.mails
    assert pager.read_text() == f"{mail.subject} {FACTS['link']} alert\n"
    assert (chat.recipients, chat.subject) == ("chat@airlock.example", f"Chat: {mail.subject}")
    assert "&lt;broken&gt;" in chat.html


def test_what_data_say_is_no_template(installation: Lender, post: PostOffice, pager: Path) -> None:
    entry = paged(pager)
    entry["arguments"]["text"] = "{{ mail.text }}"
    alert(notifying(installation, entry))
    assert "{{ 7 * 7 }}" in pager.read_text()


def test_a_silent_notifier_keeps_nobody_else_from_being_told_and_is_tried_again(
    installation: Lender, post: PostOffice, pager: Path
) -> None:
    gone = pager.parent / "gone"
    spec = notifying(installation, paged(gone / "told.txt"), paged(pager))
    with pytest.raises(NotNotified, match=f"mail about loans went out.*{PAGER}: .*No such file.*Mend"):
        alert(spec)
    assert len(post.mails) == 1
    assert len(pager.read_text().splitlines()) == 1
    gone.mkdir()
    assert alert(spec) is False
    assert (gone / "told.txt").read_text() == pager.read_text()
    assert (len(post.mails), len(pager.read_text().splitlines())) == (1, 1)
    (gone / "told.txt").unlink()
    gone.rmdir()


@pytest.mark.parametrize(
    ("entry", "said"),
    [
        ({"notifier": "airflow.providers.slack.Slack"}, r"cannot be imported: No module named .*slack"),
        ({"notifier": "Slack"}, r"'Slack' is not a dotted path\. Write package\.module\.Name"),
        ({"notifier": f"{SMTP}s"}, r"has nothing called 'SmtpNotifiers'"),
        ({"notifier": "json.loads"}, r"is no notifier\. Name a class made from airflow\.sdk\.BaseNotifier"),
        ({"notifier": "airlock_models.loans.pager.OnlyAsync"}, r"cannot be called from a task\. Name one"),
        ({"notifier": PAGER, "arguments": {"text": "x"}}, r"missing 1 required positional argument: 'file'"),
    ],
    ids=["not installed", "no path", "no such class", "no notifier", "async only", "wrong arguments"],
)
def test_a_notifier_that_cannot_be_made_is_told_when_the_dags_are_parsed(
    installation: Lender, pager: Path, entry: Mapping[str, Any], said: str
) -> None:
    with pytest.raises(SpecError, match=r"loans/model\.yaml: alerts\.notify\.0: .*" + said):
        check_notifiers(notifying(installation, entry))


def test_a_broken_notifier_breaks_its_model_s_dags_alone(installation: Lender, pager: Path) -> None:
    file = installation.models / "loans" / "model.yaml"
    before = file.read_text()
    content = json.loads(before)
    content["alerts"]["notify"] = [{"notifier": "json.loads"}]
    try:
        file.write_text(json.dumps(content))
        assert usable_specs() == ()
        (error,) = spec_errors()
        assert "alerts.notify.0: 'json.loads' is no notifier" in str(error)
    finally:
        file.write_text(before)


def test_a_task_that_gave_up_is_said_by_the_notifiers_as_well(
    installation: Lender, post: PostOffice, pager: Path
) -> None:
    file = installation.models / "loans" / "model.yaml"
    before = file.read_text()
    content = json.loads(before)
    content["alerts"]["notify"] = [paged(pager)]
    try:
        file.write_text(json.dumps(content))
        mail_failure(context("loans.monitor", task_id="measure", exception=ValueError("no rows")))
    finally:
        file.write_text(before)
    assert post.mails[0].subject in pager.read_text()
