"""Somebody with the database password of a service, who writes the records past Airlock."""

import json
from collections.abc import Callable
from pathlib import Path

import pytest
from sqlalchemy import text
from sqlalchemy.engine import Connection, Engine
from sqlalchemy.exc import DBAPIError

from airlock.audit.log import audit
from airlock.data.quarantine import FaultyRow
from airlock.digests import digest_of
from airlock.governance import approvals, audit_log, challengers, deployments, grants, quarantine, releases
from airlock.governance.audit_log import Entry
from airlock.governance.candidates import Candidate
from airlock.governance.challengers import Challenger
from airlock.governance.grants import READER, SCORING, TASKS
from airlock.governance.passage import DeploymentRefused
from airlock.governance.records import RecordError
from airlock.governance.releases import Release
from airlock.operators.failure import ExplainedFailure
from tests.airlock.governance.records import MOMENT, approved_release, register
from tests.airlock.operators.releasing import champion, deploy, recorded
from tests.post_office import PostOffice

Sql = Callable[..., int]
Log = Callable[..., list[Entry]]
ANSWER = """
INSERT INTO approvals (release_id, slot, responder, choice, reason, dossier_digest, responded_at)
SELECT id, %(slot)s, %(who)s, 'Approve', 'evidence read', dossier_digest, now() FROM releases
WHERE id = %(release)s
"""
APPROVED = """
UPDATE releases SET state = 'approved', reason = 'Approved by ria and omar.', decided_at = now()
WHERE id = %(release)s
"""
CHALLENGER = """
INSERT INTO challengers (model, release_id, candidate_id, version, package_digest, way, share, step,
    started_at, stepped_at, ended_at, outcome, ended_because)
SELECT model, id, candidate_id, 2, package_digest, way, 0.5, 2, now(), now(), now(), 'passed', 'It is well.'
FROM releases WHERE id = %(release)s
"""
FORGED = """
INSERT INTO audit_log (seq, at, act, actor, model, run, facts, previous, digest)
SELECT seq + 1, now(), 'answer_recorded', 'ria', 'credit_risk', 'credit_risk.release/r', %(facts)s, digest,
    repeat('f', 64)
FROM audit_head
"""
BEYOND = (
    (SCORING, f"SET ROLE {TASKS}"),
    (SCORING, "SET SESSION AUTHORIZATION postgres"),
    (SCORING, "UPDATE releases SET state = 'approved'"),
    (SCORING, "INSERT INTO approvals SELECT * FROM approvals"),
    (SCORING, "UPDATE predictions SET score = 1"),
    (SCORING, "LOCK TABLE audit_log IN ACCESS EXCLUSIVE MODE"),
    (READER, "INSERT INTO incidents (kind) VALUES ('alias_moved')"),
    (READER, "SELECT setval(pg_get_serial_sequence('releases', 'id'), 1)"),
    (TASKS, "CREATE SCHEMA shadow"),
    (TASKS, "CREATE FUNCTION pg_temp.keep_the_chain() RETURNS int LANGUAGE sql AS 'SELECT 1'"),
    (
        TASKS,
        "CREATE FUNCTION public.now() RETURNS timestamptz LANGUAGE sql AS 'SELECT NULL::timestamptz'",
    ),
    (TASKS, "ALTER FUNCTION keep_the_chain() SET search_path = pg_temp"),
    (TASKS, "CREATE TRIGGER mine BEFORE INSERT ON approvals EXECUTE FUNCTION refuse_changes()"),
    (TASKS, "CREATE RULE none AS ON INSERT TO audit_log DO INSTEAD NOTHING"),
    (TASKS, "ALTER TABLE audit_log OWNER TO airlock_tasks"),
    (TASKS, "ALTER TABLE deployments ALTER CONSTRAINT deployments_release_id_fkey DEFERRABLE"),
    (TASKS, "ALTER ROLE airlock_tasks SUPERUSER"),
    (TASKS, "GRANT UPDATE ON audit_log TO airlock_tasks; UPDATE audit_log SET actor = 'eve'"),
    (TASKS, "COPY audit_log FROM PROGRAM 'cat /etc/passwd'"),
    (TASKS, "SELECT pg_read_file('/etc/passwd')"),
    (TASKS, "SELECT lo_import('/etc/passwd')"),
    (TASKS, "DELETE FROM challengers"),
    (TASKS, "UPDATE incidents SET sentence = 'nothing'"),
    (TASKS, "UPDATE incident_events SET text = 'nothing'"),
    (TASKS, "DELETE FROM incident_events"),
)
RELEASED = """
UPDATE quarantine SET state = 'released', settled_by = 'dana', settled_at = now(), settled_because = 'checked'
"""
PASSED = "UPDATE challengers SET ended_at = now(), outcome = 'passed', ended_because = 'It answers well.'"


def test_answers_and_state_are_written_by_hand_and_nothing_is_deployed(
    release: str, engine: Engine, sql: Sql, log: Log, findings: Callable[[], str], post: PostOffice
) -> None:
    """Every row is as Airlock writes it, with the right digests; only the log knows nothing of them."""
    for slot, who in enumerate(("ria", "omar"), start=1):
        assert sql(TASKS, ANSWER, slot=slot, who=who, release=int(release)) == 1
    assert sql(TASKS, APPROVED, release=int(release)) == 1
    with pytest.raises(ExplainedFailure, match="The audit log does not say .* that ria gave answer 1"):
        deploy(release)
    assert champion(engine) is None
    assert log("deployment_refused")[-1].facts["release"] == int(release)
    assert f"The answer (release {release}, slot 1) is recorded, and the log says nothing of it" in findings()
    assert recorded(engine, release).state == "failed"


@pytest.fixture
def canary(engine: Engine) -> tuple[Release, Candidate]:
    """Approved by people to run beside version 1 first."""
    with engine.begin() as conn:
        first = register(conn, version=1)
        deployments.deploy(conn, approved_release(conn, first), first, MOMENT)
        second = register(conn, version=2)
        return approved_release(conn, second, way="canary"), second


def serves_the_first_still(engine: Engine, release: Release, candidate: Candidate) -> None:
    with (
        pytest.raises(DeploymentRefused, match="does not say that credit_risk version 2 has passed"),
        engine.begin() as conn,
    ):
        deployments.deploy(conn, release, candidate, MOMENT)
    with engine.connect() as conn:
        serving = deployments.champion(conn, "credit_risk")
    assert serving is not None and serving.version == 1


def test_a_trial_that_was_never_held_is_written_as_passed(
    canary: tuple[Release, Candidate], engine: Engine, sql: Sql, findings: Callable[[], str]
) -> None:
    assert sql(TASKS, CHALLENGER, release=canary[0].id) == 1
    serves_the_first_still(engine, *canary)
    assert "The challenger (challenger 1) is recorded, and the log says nothing of it" in findings()


def test_a_trial_is_marked_as_passed_while_it_runs(
    canary: tuple[Release, Candidate], engine: Engine, sql: Sql, findings: Callable[[], str]
) -> None:
    with engine.begin() as conn:
        challengers.start(conn, *canary, share=0.1, at=MOMENT)
    assert sql(TASKS, PASSED) == 1
    serves_the_first_still(engine, *canary)
    assert "The challenger (challenger 1) has the outcome 'passed'" in findings()


def test_a_trial_that_broke_is_marked_as_passed_afterwards(
    canary: tuple[Release, Candidate], engine: Engine, sql: Sql, findings: Callable[[], str]
) -> None:
    with engine.begin() as conn:
        started: Challenger = challengers.start(conn, *canary, share=0.1, at=MOMENT)
        challengers.end(conn, started, outcome="broke", because="It fails.", at=MOMENT)
    assert sql(TASKS, PASSED) == 1
    serves_the_first_still(engine, *canary)
    assert "The challenger (challenger 1) has the outcome 'passed'" in findings()


def test_a_row_of_the_log_with_a_digest_of_one_s_own_proves_nothing(
    engine: Engine, sql: Sql, tmp_path: Path
) -> None:
    with engine.begin() as conn:
        candidate = register(conn)
        release = releases.open_release(conn, candidate=candidate, dag_run_id="r", people=1, opened_at=MOMENT)
    assert sql(TASKS, ANSWER, slot=1, who="ria", release=release.id) == 1
    assert sql(TASKS, APPROVED, release=release.id) == 1
    facts = {"release": release.id, "slot": 1, "choice": "Approve", "dossier_digest": "dossier_1"}
    assert sql(TASKS, FORGED, facts=json.dumps(facts)) == 1
    with (
        pytest.raises(DeploymentRefused, match="does not say .* that ria gave answer 1"),
        engine.begin() as conn,
    ):
        deployments.deploy(conn, release, candidate, MOMENT)
    found = "\n".join(one.sentence for one in audit(engine, tmp_path / "anchors.jsonl").findings)
    assert "row 3" in found.lower()


def test_what_is_forged_together_with_the_log_passes_and_stays_in_it_for_good(
    engine: Engine, sql: Sql
) -> None:
    """What is left: with the password of the tasks one can do what the tasks do, and only in the open."""
    with engine.begin() as conn:
        candidate = register(conn)
        release = releases.open_release(conn, candidate=candidate, dag_run_id="r", people=1, opened_at=MOMENT)
        before = audit_log.head(conn).seq
        approvals.record(  # as eve would, in a program of her own
            conn,
            release_id=release.id,
            slot=1,
            responder="ria",
            choice="Approve",
            reason="so says eve",
            dossier_digest=release.dossier_digest,
            responded_at=MOMENT,
        )
        releases.close(conn, release.id, state="approved", reason="Approved by ria.", at=MOMENT)
        assert deployments.deploy(conn, release, candidate, MOMENT).version == 1
    for statement in (
        "DELETE FROM audit_log WHERE seq > 2",
        "UPDATE audit_log SET actor = 'nobody'",
        "UPDATE approvals SET responder = 'omar'",
        "DELETE FROM approvals",
    ):
        with pytest.raises(DBAPIError, match="permission denied"):
            sql(TASKS, statement)
    with engine.connect() as conn:
        told = [(entry.act, entry.actor) for entry in audit_log.entries(conn) if entry.seq > before]
    assert told == [
        ("answer_recorded", "ria"),
        ("release_closed", "credit_risk.release"),
        ("deployed", "credit_risk.release"),
    ]


def test_a_row_at_fault_is_released_by_hand_to_be_trained_on(
    engine: Engine, sql: Sql, findings: Callable[[], str]
) -> None:
    with engine.begin() as conn:
        row = FaultyRow(0, "L1", "a" * 64, {"income": None}, ("No income.",))
        quarantine.hold(conn, "loans", [row], snapshot_digest="s", dag_run_id="r", at=MOMENT)
    assert sql(TASKS, RELEASED) == 1
    with pytest.raises(RecordError, match="does not say of rows 1 in the quarantine"), engine.begin() as conn:
        quarantine.settled(conn, "loans")
    assert "The row in quarantine (rows 1) is recorded, and the log says nothing of it" in findings()


def test_the_password_of_a_service_is_used_for_more_than_its_part(engine: Engine, sql: Sql) -> None:
    with engine.begin() as conn:
        grants.apply(conn, complete=True)  # this database was copied, without who may connect and make what
        approved_release(conn, register(conn))
        before = _rows(conn)
    for role, statement in BEYOND:
        with pytest.raises(DBAPIError, match=r"denied|must be|permission|owner|does not exist"):
            pytest.fail(f"{role} may: {statement} ({sql(role, statement)} rows)")
    with engine.connect() as conn:
        assert _rows(conn) == before


def _rows(conn: Connection) -> str:
    """Return one digest over everything that governs."""
    read = "SELECT json_agg(t)::text FROM {} t"
    tables = ("candidates", "releases", "approvals", "deployments", "challengers", "incidents", "audit_log")
    return digest_of([conn.execute(text(read.format(table))).scalar() for table in tables])
