"""Records and log tell the same story: what is changed in one of them alone is found."""

import uuid
from collections.abc import Iterator
from dataclasses import replace
from datetime import timedelta
from typing import Any

import pytest
from sqlalchemy import text
from sqlalchemy.engine import Connection, Engine

from airlock.audit.log import audit
from airlock.audit.records import compare
from airlock.audit.tellings import TELLINGS
from airlock.data.quarantine import FaultyRow
from airlock.digests import digest_of
from airlock.governance import (
    api_keys,
    audit_log,
    challengers,
    contests,
    deployments,
    incidents,
    quarantine,
    releases,
    reproductions,
    retention,
    withdrawal,
)
from airlock.governance.engine import connect
from airlock.governance.predictions import PredictionRow
from tests.airlock.governance.records import MOMENT, approved_release, log, register
from tests.airlock.governance.test_migrations import A_RELEASE_BEFORE_THE_LOG
from tests.airlock.ui.history import reproduction

LATER = MOMENT + timedelta(hours=1)
EVE = ", settled_by = 'eve', settled_because = '', settled_at = now() WHERE id = 4"


def live(conn: Connection) -> None:
    """Let a model live: refused, deployed twice, withdrawn, a challenger, an incident, trained again."""
    deleted(conn)
    register(conn, version=None)
    first, second, third = (register(conn, version=version) for version in (1, 2, 3))
    deployments.deploy(conn, approved_release(conn, first, people=2), first, MOMENT)
    champion = deployments.deploy(conn, approved_release(conn, second), second, MOMENT)
    beside = approved_release(conn, third, way="canary")
    challenger = challengers.start(conn, beside, third, share=0.1, at=MOMENT)
    challengers.step(conn, challenger, share=0.5, step=2, at=LATER)
    withdrawal.withdraw(conn, champion, "The smoke test failed.", LATER)
    waiting = register(conn, version=4)
    releases.open_release(conn, candidate=waiting, dag_run_id="open", people=1, opened_at=LATER)
    settled, _ = incidents.open_incident(conn, kind="alias", key="loans", sentence="Moved.", at=LATER)
    incidents.settle(conn, settled.id, by="mika", because="Moved back.", at=LATER, run=None)
    waits, _ = incidents.open_incident(conn, kind="alias", key="churn", sentence="Moved.", at=LATER)
    spoken: dict[str, Any] = {"by": "mika", "at": LATER, "run": "incident/1"}
    incidents.assign(conn, waits.id, owner="admin", because="Knows MLflow.", **spoken)
    incidents.note(conn, waits.id, text="Nobody admits it.", **spoken)
    contested(conn)
    set_aside(conn)
    keys(conn)
    reproductions.record(conn, replace(reproduction(version=3), candidate_id=first.id, version=1))


def deleted(conn: Connection) -> None:
    """Delete an answer of long ago."""
    then = MOMENT - timedelta(days=1000)
    said = (uuid.UUID(int=9), "loans", 1, "api", "decision", "L1", {}, 0.7, "true", None)
    log(conn, [PredictionRow(*said, event_time=then, scored_at=then)])
    retention.delete_answers(conn, "loans", [uuid.UUID(int=9)], run="retention/1", at=MOMENT)


def contested(conn: Connection) -> None:
    """Contest two decisions of version 1; omar overturns the first."""
    about = {"model": "credit_risk", "version": 1, "reason": "My income rose.", "asked_by": "shop"}
    for number in (1, 2):
        contests.contest(conn, decision_id=uuid.UUID(int=number), at=MOMENT, **about)
    given = contests.Verdict("omar", contests.OVERTURN, "false", "The payslips show it.", LATER)
    contests.decide(conn, 1, given, answered="true")


def set_aside(conn: Connection) -> None:
    """Hold four rows: all but the last are dropped together, and the first is released afterwards."""
    rows = [FaultyRow(place, f"L{place}", f"{place:064x}", {}, ("No income.",)) for place in range(4)]
    quarantine.hold(conn, "loans", rows, snapshot_digest="s", dag_run_id="r", at=MOMENT)
    about: dict[str, Any] = {"by": "dana", "because": "Checked.", "run": "quarantine/1"}
    quarantine.settle(conn, "loans", [1, 2, 3], state="dropped", at=MOMENT, **about)
    quarantine.settle(conn, "loans", [1], state="released", at=LATER, **about | {"run": "quarantine/2"})


def keys(conn: Connection) -> None:
    """Issue a key until some day and one for ever, which is revoked."""
    about: dict[str, Any] = {"client": "shop", "by": "mika", "because": "It asks."}
    form: dict[str, Any] = {"scopes": ["predict"], "models": ["loans"], "at": MOMENT, **about}
    api_keys.issue(conn, fingerprint="1" * 64, expires_at=LATER, **form)
    api_keys.issue(conn, fingerprint="2" * 64, expires_at=None, **(form | {"models": None}))
    api_keys.revoke(conn, fingerprint="2" * 64, at=LATER, **about)


@pytest.fixture(scope="module")
def life(new_airlock_database) -> Iterator[Engine]:
    engine = connect(new_airlock_database())
    with engine.begin() as conn:
        live(conn)
    yield engine
    engine.dispose()


@pytest.fixture
def conn(life: Engine) -> Iterator[Connection]:
    """A connection to that life: what a test does to it is rolled back."""
    with life.connect() as connection:
        connection.execute(text("ALTER TABLE audit_log DISABLE TRIGGER ALL"))
        yield connection


def test_what_was_lived_is_told_alike(conn: Connection) -> None:
    assert compare(conn) == ()


def test_every_kind_of_record_is_lived_here(conn: Connection) -> None:
    assert {telling.noun for telling in TELLINGS if not conn.execute(telling.records).first()} == set()


@pytest.mark.parametrize(
    ("change", "told"),
    [
        ("UPDATE deletions SET rows = 7", "The deletion (deletion 1) has the rows 7"),
        ("UPDATE candidates SET trained_by = 'mika' WHERE version = 1", "has the actor 'mika'"),
        ("UPDATE candidates SET package_digest = 'evil' WHERE version = 1", "has the package_digest 'evil'"),
        ("UPDATE candidates SET state = 'registered', version = 9 WHERE version IS NULL", "nothing of it"),
        ("UPDATE releases SET people = 0 WHERE id = 1", "The release (release 1) has the people 0"),
        ("UPDATE releases SET way = 'full' WHERE way = 'canary'", "has the way 'full'"),
        ("UPDATE releases SET state = 'approved' WHERE state = 'open'", "The end of a release (release 4)"),
        ("UPDATE releases SET state = 'deployed' WHERE id = 4", "nothing of it"),
        ("UPDATE releases SET state = 'approved', reason = '' WHERE id = 2", "has the state 'approved'"),
        ("DELETE FROM approvals WHERE slot = 2", "The answer (release 1, slot 2) is not recorded, but row"),
        ("UPDATE approvals SET choice = 'Reject' WHERE slot = 2", "has the choice 'Reject'"),
        ("UPDATE approvals SET responder = 'eve' WHERE slot = 2", "has the actor 'eve'"),
        ("UPDATE quarantine SET state = 'released'" + EVE, "The row in quarantine (rows 4) is recorded, and"),
        ("UPDATE quarantine SET state = 'released' WHERE id = 3", "(rows 3) has the state 'released'"),
        ("UPDATE quarantine SET state = 'dropped' WHERE id = 1", "(rows 1) has the state 'dropped'"),
        ("UPDATE quarantine SET settled_by = 'eve' WHERE id = 2", "(rows 2) has the actor 'eve'"),
        ("UPDATE quarantine SET settled_because = '' WHERE id = 2", "(rows 2) has the reason ''"),
        ("UPDATE quarantine SET settled_at = '2001-01-01' WHERE id = 2", "(rows 2) has the moment '2001"),
        (
            "UPDATE quarantine SET state = 'held', settled_by = NULL, settled_at = NULL, "
            "settled_because = NULL",
            "The row in quarantine (rows 2) is not recorded, but row",
        ),
        (
            """UPDATE candidates SET evidence = '{"metrics": {"roc_auc": 0.99}}' WHERE version IS NULL""",
            "The evidence of candidate 1 of credit_risk was changed: its digest is",
        ),
        (
            "UPDATE candidates SET evidence = (repeat('[', 3000) || repeat(']', 3000))::json WHERE id = 1",
            "The evidence of candidate 1 of credit_risk was changed: its digest is",
        ),
        ("UPDATE candidates SET recorded_at = now() WHERE version = 1", "(candidate 2) has the moment '20"),
        ("UPDATE candidates SET recorded_at = 'infinity' WHERE version IS NULL", "has the moment "),
        ("UPDATE releases SET opened_at = '2026-01-01Z' WHERE id = 1", "has the moment '2026-01-01T00"),
        ("UPDATE approvals SET responded_at = '20000-01-01Z' WHERE slot = 2", "has the moment '20000-01-01T"),
        ("UPDATE deployments SET deployed_at = '2026-01-01Z' WHERE id = 1", "has the moment '2026-01-01T00"),
        ("UPDATE contests SET prediction = 'true' WHERE id = 1", "has the prediction 'true'"),
        ("UPDATE contests SET decided_by = 'eve' WHERE id = 1", "has the actor 'eve'"),
        ("UPDATE approvals SET dossier_digest = 'x' WHERE slot = 2", "has the dossier_digest 'x'"),
        (
            "INSERT INTO approvals SELECT 4, 1, 'ria', 'Approve', 'fine', dossier_digest, now() "
            "FROM releases WHERE id = 4",
            "The answer (release 4, slot 1) is recorded, and the log says nothing of it.",
        ),
        (
            "INSERT INTO deployments (model, release_id, candidate_id, version, package_digest, deployed_at) "
            "SELECT 'other', 4, id, 4, package_digest, '2001-01-01' FROM candidates WHERE version = 4",
            "The deployment (deployment 4) is recorded, and the log says nothing of it.",
        ),
        ("UPDATE deployments SET version = 2 WHERE retired_at IS NULL", "has the version 2"),
        (
            "UPDATE deployments SET withdrawn = false",
            "The withdrawn deployment (deployment 2) is not recorded",
        ),
        ("UPDATE challengers SET share = 1", "has the share 1.0"),
        ("UPDATE challengers SET outcome = 'passed'", "has the outcome 'passed'"),
        ("DELETE FROM challengers", "The challenger (challenger 1) is not recorded"),
        ("UPDATE incidents SET sentence = 'Nothing.' WHERE key = 'churn'", "has the sentence 'Nothing.'"),
        (
            "WITH gone AS (DELETE FROM incident_events) DELETE FROM incidents WHERE state = 'open'",
            "The incident (incident 2) is not recorded",
        ),
        ("UPDATE incident_events SET owner = 'eve' WHERE event = 'assigned'", "has the owner 'eve'"),
        (
            "UPDATE incident_events SET text = 'All is well.' WHERE event = 'noted'",
            "has the text 'All is well.'",
        ),
        (
            "DELETE FROM incident_events WHERE event = 'noted'",
            "The word on an incident (event 5) is not recorded",
        ),
        (
            "UPDATE incidents SET state = 'settled', settled_by = 'eve', settled_because = '', "
            "settled_at = now() WHERE key = 'churn'",
            "The settled incident (incident 2) is recorded, and the log says nothing of it.",
        ),
        ("UPDATE reproductions SET identical = false", "has the identical False"),
        ("UPDATE api_keys SET scopes = '{smoke_test}'", "has the scopes ['smoke_test']"),
        ("UPDATE api_keys SET models = NULL WHERE models IS NOT NULL", "has the models None"),
        ("UPDATE api_keys SET expires_at = expires_at + interval '1s'", "has the expires_at '20"),
        ("DELETE FROM api_keys WHERE revoked_at IS NULL", "The API key (fingerprint '1111"),
        (
            "UPDATE api_keys SET revoked_by = NULL, revoked_because = NULL, revoked_at = NULL",
            "The revoked API key (fingerprint '2222",
        ),
        (
            "INSERT INTO api_keys (client, fingerprint, scopes, issued_by, issued_because, issued_at) "
            "VALUES ('eve', 'f', '{predict}', 'mika', '', now())",
            "The API key (fingerprint 'f') is recorded, and the log says nothing of it.",
        ),
    ],
)
def test_a_record_that_is_changed_past_airlock_is_found(conn: Connection, change: str, told: str) -> None:
    assert conn.execute(text(change)).rowcount
    assert any(told in finding.sentence for finding in compare(conn)), compare(conn)


def test_a_row_of_the_log_that_no_record_bears_out_is_named(conn: Connection) -> None:
    conn.execute(text("ALTER TABLE audit_log ENABLE TRIGGER ALL"))
    facts = {"release": 4, "slot": 1, "choice": "Approve", "reason": "fine", "dossier_digest": "dossier_4"}
    row = audit_log.append(conn, "answer_recorded", actor="ria", at=LATER, model="credit_risk", facts=facts)
    (finding,) = compare(conn)
    assert finding.sentence.startswith("The answer (release 4, slot 1) is not recorded, but row")
    assert finding.first == finding.last == row.seq


@pytest.mark.parametrize("facts", ['{"release":[1]}', '"text"', "[]", '{"release":{"a":1},"slot":null}'])
def test_forged_facts_of_any_shape_break_nothing(conn: Connection, facts: str) -> None:
    change = text("UPDATE audit_log SET facts = :facts WHERE act = 'answer_recorded'")
    assert conn.execute(change, {"facts": facts}).rowcount
    assert compare(conn)


def test_a_date_of_long_ago_excuses_no_record(conn: Connection) -> None:
    conn.execute(text("UPDATE releases SET opened_at = '2001-01-01', decided_at = '2001-01-01'"))
    conn.execute(text("DELETE FROM audit_log WHERE act = 'release_opened'"))
    assert len(compare(conn)) == 4


OLD_ONES = f"""
INSERT INTO candidates (model, dag_run_id, state, reason, mlflow_run_id, package_digest, snapshot_digest,
    spec_digest, evidence_digest, evidence, trained_by, cause, as_of, recorded_at)
VALUES ('loans', 'x', 'refused', 'roc_auc', 'm', 'p', 's', 's', '{digest_of({})}', '{{}}', 'dana', 'test',
    now(), now());
INSERT INTO reproductions (model, version, candidate_id, dag_run_id, asked_by, package_digest, identical,
    same_answers, largest_difference, equal_decisions, changed, sentence, reproduced_at)
VALUES ('loans', 7, 1, 'again', 'ada', 'p', true, true, 0, 1, '{{}}', 'The same.', now());
INSERT INTO quarantine (model, row_digest, row, reasons, snapshot_digest, dag_run_id, held_at, state,
    settled_by, settled_at, settled_because)
VALUES ('loans', 'r', '{{}}', '{{}}', 's', 'x', now(), 'dropped', 'dana', now(), 'A double.')
"""


def test_what_was_recorded_before_there_was_a_log_was_taken_over_and_is_no_exception(
    migrate, fresh_database, tmp_path
) -> None:
    migrate(fresh_database, "upgrade", "0004")
    engine = connect(fresh_database)
    with engine.begin() as conn:
        conn.execute(text(A_RELEASE_BEFORE_THE_LOG + ";" + OLD_ONES))
    migrate(fresh_database, "upgrade", "head")
    assert audit(engine, tmp_path / "anchors.jsonl").findings == ()
    with engine.begin() as conn:
        assert [row.state for row in quarantine.settled(conn, "loans")] == ["dropped"]
        conn.execute(text("UPDATE approvals SET responder = 'eve'"))
    (finding,) = audit(engine, tmp_path / "anchors.jsonl").findings
    assert "has the actor 'eve'" in finding.sentence
    engine.dispose()
