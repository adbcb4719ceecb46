"""Every mail, with the facts of a realistic day."""

import html
import re
from dataclasses import fields
from datetime import UTC, date, datetime, timedelta
from typing import Any

import pytest

from airlock.mail.facts import FACTS, AlertLine, Objection, Picture
from airlock.mail.render import MailError, render

AIRFLOW = "http://127.0.0.1:8080"
RUN = f"{AIRFLOW}/dags/credit_risk.train/runs/manual__2026-11-02T08%3A15%3A00"

REALISTIC: dict[str, dict[str, Any]] = {
    "validation_failed": {
        "title": "Credit default risk",
        "model": "credit_risk",
        "as_of": datetime(2026, 11, 1, tzinfo=UTC),
        "rows": 12840,
        "checks": 24,
        "failed": [
            "income: values must be between 0 and 50,000; 4,116 of 12,840 (32 %) are not, such as 312,000.",
            "application_id: values must be unique; 12 of 12,840 rows are not, such as 'A-1042'.",
        ],
        "warnings": ["employment_years: the mean should be between 4 and 9; it is 9.7."],
        "set_aside": [
            "4,128 of 12,840 rows (32.1 %) are held, and up to 1 % may be.",
            "income values must be between 0 and 50,000: 4,116.",
        ],
        "snapshot_digest": "9f2c41d07be3aa51" * 4,
        "cause": "dana: monthly refresh",
        "link": RUN,
        "report": f"{AIRFLOW}/airlock/pages/credit_risk/validation-2026-11-02.html",
        "quarantine": f"{AIRFLOW}/airlock/models/credit_risk/quarantine",
    },
    "inspection_failed": {
        "title": "Credit default risk",
        "model": "credit_risk",
        "as_of": datetime(2026, 11, 1, tzinfo=UTC),
        "rows": 12840,
        "checks": 71,
        "failed": [
            Objection(
                "defaulted is true for 35.6% of sex female, for 14.1% of others, a difference of 0.215 that "
                "is no chance; at most 0.200 is let through.",
                "Find out how the outcomes of sex female came to be recorded, and correct them; or accept "
                "the difference if it is real.",
                'label_rates.sex.female: "why it is let through"',
            ),
        ],
        "warnings": ["99.4% of the values of telephone are the same."],
        "snapshot_digest": "9f2c41d07be3aa51" * 4,
        "cause": "dana: monthly refresh",
        "link": RUN,
    },
    "candidate_refused": {
        "title": "Credit default risk",
        "model": "credit_risk",
        "best": "boosted_trees",
        "rows": 3210,
        "failed": [
            "roc_auc is 0.684; the policy asks for at least 0.7.",
            "roc_auc is 0.031 below the champion's 0.715 on the same rows; 0.01 is let through.",
        ],
        "passed": ["brier is 0.118; the spec asks for at most 0.16."],
        "champion_version": 3,
        "trained_by": "dana",
        "cause": "drift of income and amount in the night of 1 November 2026",
        "link": RUN,
        "dossier": f"{AIRFLOW}/airlock/dossiers/{'41d07be3aa519f2c' * 4}/dossier.html",
        "mlflow": "http://127.0.0.1:5000/#/experiments/1/runs/0a1b2c",
    },
    "version_found": {
        "title": "Credit default risk",
        "model": "credit_risk",
        "version": 7,
        "registered_by": "bob",
        "link": RUN,
        "mlflow": "http://127.0.0.1:5000/#/runs/0f3c",
    },
    "approval_requested": {
        "title": "Credit default risk",
        "model": "credit_risk",
        "version": 4,
        "slot": 1,
        "people": 2,
        "tier": "high",
        "trained_by": "dana",
        "cause": "monthly refresh",
        "verdicts": [
            "roc_auc is 0.742; the spec asks for at least 0.7.",
            "brier is 0.112; the spec asks for at most 0.16.",
            "roc_auc is 0.018 above the champion's 0.724 on the same rows.",
        ],
        "refused": ["ria gave no reason."],
        "dossier_digest": "41d07be3aa519f2c" * 4,
        "timeout": timedelta(days=3),
        "link": f"{AIRFLOW}/dags/credit_risk.release/runs/asset__2026/tasks/approve_1/required_actions",
        "dossier": f"{AIRFLOW}/airlock/dossiers/{'41d07be3aa519f2c' * 4}/dossier.html",
    },
    "approval_reminder": {
        "title": "Credit default risk",
        "model": "credit_risk",
        "version": 4,
        "slot": 2,
        "people": 2,
        "left": timedelta(hours=17),
        "until": datetime(2026, 11, 5, 8, 31, tzinfo=UTC),
        "opened_at": datetime(2026, 11, 2, 8, 31, tzinfo=UTC),
        "dossier_digest": "41d07be3aa519f2c" * 4,
        "link": f"{AIRFLOW}/dags/credit_risk.release/runs/asset__2026/tasks/approve_2/required_actions",
        "dossier": f"{AIRFLOW}/airlock/dossiers/{'41d07be3aa519f2c' * 4}/dossier.html",
    },
    "retention_held": {
        "title": "Credit default risk",
        "model": "credit_risk",
        "incident": 17,
        "since": datetime(2026, 9, 28, 4, 12, tzinfo=UTC),
        "amount": "12,840 answers of the API, 0 of 0 batches, 96 outcomes, 4 opinions, the reasons of 1 "
        "contests, 0 rows at fault and 2 snapshots",
        "kept_for": timedelta(days=730),
        "link": f"{AIRFLOW}/airlock/incidents/17",
    },
    "contest_asked": {
        "title": "Credit default risk",
        "model": "credit_risk",
        "version": 4,
        "contest": 17,
        "asked_by": "shop",
        "asked_at": datetime(2026, 11, 2, 8, 31, tzinfo=UTC),
        "refused": ["ria gave no reason."],
        "link": f"{AIRFLOW}/dags/credit_risk.contest/runs/contest_17/tasks/ask/required_actions",
    },
    "contest_decided": {
        "title": "Credit default risk",
        "model": "credit_risk",
        "version": 4,
        "contest": 17,
        "decision": "5b0f1c1e-7d0a-4f4e-9f6b-0b3a4f7b1a11",
        "state": "overturned",
        "prediction": "false",
        "decided_by": "omar",
        "because": "the payslips show another income",
        "link": f"{AIRFLOW}/dags/credit_risk.contest/runs/contest_17",
    },
    "release_closed": {
        "title": "Credit default risk",
        "model": "credit_risk",
        "version": 4,
        "state": "rejected",
        "reason": "omar rejected it: the calibration for small loans is not good enough yet.",
        "opened_at": datetime(2026, 11, 2, 8, 31, tzinfo=UTC),
        "approvals": [
            "ria approved: figures are as good as last month's.",
            "omar rejected: the calibration for small loans is not good enough yet.",
        ],
        "champion_version": 3,
        "link": f"{AIRFLOW}/dags/credit_risk.release/runs/asset__2026",
    },
    "deployment_refused": {
        "title": "Credit default risk",
        "model": "credit_risk",
        "version": 4,
        "reason": "dossiers 41d07be3aa51 in the evidence store was changed: its content is now 0b1c2d3e4f5a.",
        "approvals": ["ria approved: figures are as good as last month's."],
        "package_digest": "be3aa519f2c41d07" * 4,
        "dossier_digest": "41d07be3aa519f2c" * 4,
        "champion_version": 3,
        "link": f"{AIRFLOW}/dags/credit_risk.release/runs/asset__2026",
    },
    "rolled_back": {
        "title": "Credit default risk",
        "model": "credit_risk",
        "version": 4,
        "serves": 3,
        "by": "omar",
        "reason": "it refuses every applicant from Graz",
        "at": datetime(2026, 11, 2, 22, 14, tzinfo=UTC),
        "seconds": 1.7,
        "problem": "",
        "package_digest": "be3aa519f2c41d07" * 4,
        "link": f"{AIRFLOW}/dags/rollback/runs/manual__2026",
    },
    "drill_report": {
        "held_at": datetime(2026, 11, 1, 9, 0, tzinfo=UTC),
        "drills": [
            "credit_risk: from version 4 to version 3 in 1.2 s, and back in 1.4 s.",
            "tumour_diagnosis: skipped. There is no earlier version that can come back.",
        ],
        "held": 1,
        "failed": 0,
        "link": f"{AIRFLOW}/dags/drill/runs/scheduled__2026",
    },
    "deployed": {
        "title": "Credit default risk",
        "model": "credit_risk",
        "version": 4,
        "replaced": 3,
        "deployed_at": datetime(2026, 11, 2, 10, 4, tzinfo=UTC),
        "approvals": [
            "ria: figures are as good as last month's.",
            "omar: evidence read, calibration is fine.",
        ],
        "metrics": {
            "roc_auc": 0.7421,
            "average_precision": 0.3871,
            "brier": 0.1123,
            "calibration_error": 0.0214,
        },
        "package_digest": "be3aa519f2c41d07" * 4,
        "scoring_url": "http://127.0.0.1:8000/models/credit_risk/predict",
        "link": f"{AIRFLOW}/dags/credit_risk.release/runs/asset__2026",
    },
    "drift_alert": {
        "title": "Credit default risk",
        "model": "credit_risk",
        "version": 4,
        "night": date(2026, 11, 1),
        "rows": 312,
        "findings": [
            AlertLine(
                "income has shifted: PSI 1.84, limit 0.25. Its mean was 3,214 in training and is 4,890 now.",
                "7.4 times its limit",
                date(2026, 10, 30),
                Picture("income", "income in shares of the rows. Most changed: above 5,709.", b"a PNG"),
            ),
            AlertLine(
                "The score has shifted: PSI 0.41, limit 0.25. Its mean was 0.124 in training, now 0.189.",
                "1.6 times its limit",
                date(2026, 11, 1),
                Picture("score", 'score: "quoted" <b>', b"another PNG"),
            ),
            AlertLine(
                "3 of 10 features (30 %) have shifted, limit 20 %: income, amount, channel.",
                "1.5 times its limit",
                date(2026, 11, 1),
            ),
        ],
        "more": 2,
        "news": [12, 14],
        "contests": 2,
        "opinions": 40,
        "disagreeing": 3,
        "next_step": "A training on the newest data starts by itself; what it makes goes out only if two "
        "people approve it.",
        "advice": [
            "Find out what changed: a campaign, a season, a new market, or a fault that nothing checks yet.",
            "If the world has changed for good, trigger the Dag credit_risk.train and say why.",
        ],
        "link": f"{AIRFLOW}/dags/credit_risk.monitor/runs/scheduled__2026-11-02",
        "report": f"{AIRFLOW}/airlock/pages/credit_risk/nights/2026-11-01.html",
        "incidents": f"{AIRFLOW}/airlock/incidents",
        "rollback": f"{AIRFLOW}/dags/rollback",
    },
    "incident_opened": {
        "number": 12,
        "model": "credit_risk",
        "sentence": "MLflow's alias champion of credit_risk points at version 5, and the deployment record "
        "says that version 4 serves.",
        "found_at": datetime(2026, 11, 2, 4, 0, tzinfo=UTC),
        "mend": "A restore points the alias at version 4.",
        "restorable": True,
        "restore": f"{AIRFLOW}/dags/restore",
        "link": f"{AIRFLOW}/airlock/incidents",
    },
    "incident_assigned": {
        "number": 12,
        "model": "credit_risk",
        "sentence": "debt has shifted: PSI 1.84, limit 0.25.",
        "found_at": datetime(2026, 11, 2, 4, 0, tzinfo=UTC),
        "assigned_by": "mika",
        "because": "you know the bureau's people.",
        "mend": "Read the night's report.",
        "link": f"{AIRFLOW}/airlock/incidents/12",
    },
    "inquiry_asked": {
        "title": "Credit default risk",
        "model": "credit_risk",
        "incident": 12,
        "found_at": datetime(2026, 11, 2, 4, 0, tzinfo=UTC),
        "cause": "Something has changed, and none of the known causes explains it.",
        "evidence": ["The score has moved although the inputs have not."],
        "findings": ["score has shifted: PSI 0.84, limit 0.25."],
        "refused": ["mika gave no reason."],
        "page": f"{AIRFLOW}/airlock/incidents/12",
        "link": f"{AIRFLOW}/dags/credit_risk.inquire/runs/incident_12/tasks/ask/required_actions",
    },
    "inquiry_answered": {
        "title": "Credit default risk",
        "model": "credit_risk",
        "incident": 12,
        "sentence": "score has shifted: PSI 0.84, limit 0.25.",
        "choice": "Roll back",
        "answered_by": "omar",
        "because": "the version before was calm.",
        "link": f"{AIRFLOW}/airlock/incidents/12",
    },
    "audit_failed": {
        "found_at": datetime(2026, 11, 2, 4, 30, tzinfo=UTC),
        "rows": 1204,
        "findings": [
            "Row 17 (answer_recorded, omar, 2026-10-03 09:12:44 UTC) was changed: its digest is not that "
            "of what it says.",
            "The answer (release 4, slot 2) is recorded, and the log says nothing of it.",
        ],
        "count": 31,
        "anchored": 1180,
        "log": f"{AIRFLOW}/airlock/audit",
        "link": f"{AIRFLOW}/dags/audit/runs/scheduled__2026-11-02/tasks/verify",
    },
    "log_anchored": {
        "seq": 1204,
        "digest": "41d07be3aa519f2c" * 4,
        "at": datetime(2026, 11, 2, 4, 31, tzinfo=UTC),
        "link": f"{AIRFLOW}/airlock/audit",
    },
    "task_failed": {
        "dag_id": "credit_risk.train",
        "run_id": "manual__2026-11-02T08:15:00+00:00",
        "task_id": "snapshot",
        "attempts": 3,
        "failed_at": datetime(2026, 11, 2, 8, 16, tzinfo=UTC),
        "error": "DataError: warehouse: column 'income' holds text in row 17: '<unknown>'. Mend the source.",
        "link": f"{RUN}/tasks/snapshot",
    },
}


def words(text: str) -> set[str]:
    return {word.strip(".,:'") for word in re.findall(r"[a-z0-9_.,:%'-]+", text.lower())} - {"", "-"}


def visible(page: str) -> str:
    body = re.sub(r"<(title|style)>.*?</\1>", "", page, flags=re.DOTALL)
    return html.unescape(re.sub(r"<[^>]+>", " ", body))


@pytest.mark.parametrize("template", FACTS)
def test_both_parts_say_the_same(template: str) -> None:
    mail = render(template, **REALISTIC[template])
    addresses, marks = re.compile(r"https?://\S+"), re.compile(r"^  [x+!-] ", re.MULTILINE)
    links = set(re.findall(r'href="([^"]+)"', mail.html))
    text_links = set(addresses.findall(mail.text)) - {REALISTIC[template].get("scoring_url")}
    assert {html.unescape(link) for link in links} == text_links
    assert words(addresses.sub("", visible(mail.html))) == words(addresses.sub("", marks.sub("", mail.text)))


@pytest.mark.parametrize("template", FACTS)
def test_a_mail_says_what_happens_next_and_where_to_look(template: str) -> None:
    mail = render(template, **REALISTIC[template])
    assert "What happens next." in mail.text
    assert REALISTIC[template]["link"] in mail.text
    assert mail.subject.startswith("[Airlock] ") and len(mail.subject) < 100


@pytest.mark.parametrize("template", FACTS)
def test_no_mail_loads_anything_from_elsewhere(template: str) -> None:
    page = render(template, **REALISTIC[template]).html
    assert not re.search(r"<(script|link|style|iframe)|url\(|\bsrc=(?!\"cid:)", page)


@pytest.mark.parametrize("template", FACTS)
def test_what_people_and_data_wrote_is_escaped_in_html_only(template: str) -> None:
    evil = "<script>alert(1)</script> & co"
    facts = REALISTIC[template] | {
        field.name: evil
        for field in fields(FACTS[template])
        if field.name in ("model", "cause", "reason", "error", "digest")
    }
    if template == "audit_failed":
        facts["findings"] = [evil]
    if template == "drill_report":
        facts["drills"] = [evil]
    mail = render(template, **facts)
    assert "<script>" not in mail.html
    assert evil in mail.text


def test_a_drill_in_which_nothing_was_rehearsed_does_not_say_that_it_works() -> None:
    mail = render("drill_report", **REALISTIC["drill_report"] | {"held": 0})
    assert mail.subject == "[Airlock] Rollback drill: nothing to rehearse"
    assert "No model has a version to go back to yet." in mail.text


@pytest.mark.parametrize(
    "forged", ["Credit\nBcc: thief@evil.example", "Credit\r\n\r\nbody", "Credit\u2028X-Spam: no"]
)
def test_a_subject_cannot_forge_a_header(forged: str) -> None:
    with pytest.raises(MailError, match="would forge a mail header"):
        render("deployed", **REALISTIC["deployed"] | {"title": forged})


def test_a_missing_fact_is_named() -> None:
    facts = {key: value for key, value in REALISTIC["drift_alert"].items() if key != "night"}
    with pytest.raises(MailError, match="drift_alert.*'night'.*fields of DriftAlert"):
        render("drift_alert", **facts)


def test_a_fact_too_many_is_named() -> None:
    with pytest.raises(MailError, match="'nihgt'"):
        render("drift_alert", **REALISTIC["drift_alert"], nihgt=1)


def test_an_unknown_mail_is_refused_with_the_known_ones() -> None:
    with pytest.raises(MailError, match="no mail called 'hello'.*drift_alert"):
        render("hello")


@pytest.mark.parametrize(
    ("choice", "said"),
    [
        ("Retrain", "A training has been asked for."),
        ("Ignore", "The incident is settled."),
        ("Roll back", "The version before answers again."),
        ("Investigate", "The incident is open and belongs to omar."),
    ],
)
def test_an_answered_inquiry_says_what_follows(choice: str, said: str) -> None:
    mail = render("inquiry_answered", **REALISTIC["inquiry_answered"] | {"choice": choice})
    assert said in mail.text and said in mail.html


@pytest.mark.parametrize("state", ["rejected", "expired", "superseded", "failed"])
def test_a_closed_release_says_how_it_ended(state: str) -> None:
    mail = render(
        "release_closed", **REALISTIC["release_closed"] | {"state": state, "champion_version": None}
    )
    assert f"State     {state}" in mail.text
    assert "No version is in production." in mail.text


def test_a_repeated_finding_says_since_when_and_a_fresh_one_that_it_is_new() -> None:
    text = render("drift_alert", **REALISTIC["drift_alert"]).text
    assert "since the night of 30 October 2026, 3 nights in a row" in text
    assert text.count("new this night") == 2


def test_a_night_without_a_report_links_to_none() -> None:
    mail = render("drift_alert", **REALISTIC["drift_alert"] | {"report": None})
    assert "report" not in mail.text and "report" not in mail.html


def test_each_picture_is_shown_under_its_finding_and_said_to_those_who_cannot_see_it() -> None:
    mail = render("drift_alert", **REALISTIC["drift_alert"])
    assert [picture.name for picture in mail.pictures] == ["income", "score"]
    shown = re.findall(r'<img src="cid:([^"]+)" alt="([^"]*)"', mail.html)
    assert [(cid, html.unescape(text)) for cid, text in shown] == [
        (picture.cid, picture.text) for picture in mail.pictures
    ]
    assert (
        mail.html.index("income has shifted") < mail.html.index("cid:income") < mail.html.index("The score")
    )


def test_an_alert_that_lists_the_worst_says_how_many_there_are() -> None:
    mail = render("drift_alert", **REALISTIC["drift_alert"])
    assert "5 findings" in mail.subject
    assert "2 findings more, less bad." in mail.text
    alone = render("drift_alert", **REALISTIC["drift_alert"] | {"more": 0})
    assert "less bad" not in alone.text + alone.html


def test_an_alert_without_a_new_incident_says_so() -> None:
    mail = render("drift_alert", **REALISTIC["drift_alert"] | {"news": []})
    assert "Incidents none new" in mail.text
    assert "none new" in mail.html
