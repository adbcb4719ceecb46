"""Why a candidate is not in production, in one line, wherever it stands."""

import pytest
from sqlalchemy.engine import Connection, Engine

from airlock.governance import audit_log, candidates, challengers, releases
from airlock.governance.deployments import champion, deploy
from airlock.governance.grants import READER
from airlock.governance.why import main, why_not
from airlock.governance.withdrawal import withdraw
from tests.airlock.database_roles import as_role
from tests.airlock.governance.records import MOMENT, approved_release, register


def test_a_refused_one_says_which_gate(conn: Connection) -> None:
    refused = register(conn, version=None, reason="roc_auc is 0.61, and at least 0.70 is asked for.")
    assert why_not(conn, refused) == (
        "Its gates refused it: roc_auc is 0.61, and at least 0.70 is asked for."
    )


def test_one_without_a_release_says_where_to_look(conn: Connection) -> None:
    assert "look at the runs of credit_risk.release" in why_not(conn, register(conn))


def test_one_that_waits_says_for_how_many(conn: Connection) -> None:
    candidate = register(conn)
    releases.open_release(conn, candidate=candidate, dag_run_id="r", people=2, opened_at=MOMENT)
    assert why_not(conn, candidate) == "It waits for 2 of 2 people to answer (r)."


@pytest.mark.parametrize(
    ("state", "reason"),
    [
        ("rejected", "Rejected by omar: too small."),
        ("superseded", "Superseded: version 2."),
        ("expired", "Nobody answered within 3 days."),
        ("rejected", "approve_2 was marked as success by hand, which approves nothing."),
        ("failed", "approve_1 failed. Nobody answered."),
    ],
)
def test_one_whose_release_ended_gives_its_reason(
    conn: Connection, state: releases.State, reason: str
) -> None:
    candidate = register(conn)
    opened = releases.open_release(conn, candidate=candidate, dag_run_id="r", people=1, opened_at=MOMENT)
    releases.close(conn, opened.id, state=state, reason=reason, at=MOMENT)
    assert why_not(conn, candidate) == reason


def test_an_approved_one_that_is_not_deployed_says_so(conn: Connection) -> None:
    candidate = register(conn)
    approved_release(conn, candidate)
    assert why_not(conn, candidate).startswith("It is approved and not deployed yet")


@pytest.mark.parametrize(
    ("way", "share", "line"),
    [
        ("canary", 0.1, "It answers 10 % of the entities, since 2026-03-01 12:00 UTC (canary)."),
        ("ab", 0.5, "It answers 50 % of the entities, since 2026-03-01 12:00 UTC (ab)."),
        (
            "shadow",
            0.0,
            "It runs beside the champion unheard, since 2026-03-01 12:00 UTC (shadow).",
        ),
    ],
)
def test_one_that_runs_beside_the_champion_says_how(
    conn: Connection, way: releases.Way, share: float, line: str
) -> None:
    serving = register(conn)
    deploy(conn, approved_release(conn, serving), serving, MOMENT)
    candidate = register(conn, version=2)
    release = releases.open_release(
        conn, candidate=candidate, dag_run_id="r", people=0, way=way, opened_at=MOMENT
    )
    release = releases.close(conn, release.id, state="approved", reason="No person is asked.", at=MOMENT)
    challenger = challengers.start(conn, release, candidate, share=share, at=MOMENT)
    assert why_not(conn, candidate) == line
    challengers.end(conn, challenger, outcome="broke", because="It failed.", at=MOMENT)
    releases.close(conn, release.id, state="failed", reason="It failed.", at=MOMENT)
    assert why_not(conn, candidate) == "It failed."


def test_one_that_was_not_let_in_says_why_last(conn: Connection) -> None:
    candidate = register(conn)
    for reason in ("It is of another tier.", "It is too old."):
        facts = {"candidate": candidate.id, "version": candidate.version, "reason": reason}
        audit_log.append(
            conn,
            "deployment_refused",
            actor="credit_risk.release",
            at=MOMENT,
            model="credit_risk",
            facts=facts,
        )
    assert why_not(conn, candidate) == "It was not let in: It is too old."
    assert why_not(conn, register(conn, version=2)).startswith("No release of it was opened yet")


def test_one_that_serves_says_since_when(conn: Connection) -> None:
    candidate = register(conn)
    deploy(conn, approved_release(conn, candidate), candidate, MOMENT)
    assert why_not(conn, candidate) == "It is in production, since 2026-03-01 12:00 UTC."


def test_one_that_was_replaced_says_by_what(conn: Connection) -> None:
    first, second = register(conn), register(conn, version=2)
    for candidate in (first, second):
        deploy(conn, approved_release(conn, candidate), candidate, MOMENT)
    assert why_not(conn, first).endswith("and ended at 2026-03-01 12:00 UTC: replaced by version 2.")


def test_one_that_was_withdrawn_says_why(conn: Connection) -> None:
    candidate = register(conn)
    deploy(conn, approved_release(conn, candidate), candidate, MOMENT)
    serving = champion(conn, "credit_risk")
    assert serving is not None
    withdraw(conn, serving, "its smoke test failed", MOMENT)
    assert "was withdrawn at 2026-03-01 12:00 UTC: its smoke test failed." in why_not(conn, candidate)


def test_the_command_prints_a_line_for_each(
    engine: Engine, airlock_database: str, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    monkeypatch.setenv("AIRLOCK_DATABASE_URL", as_role(READER, airlock_database))
    with engine.begin() as conn:
        register(conn)
        register(conn, version=None, reason="too small")
        assert [one.version for one in candidates.every(conn, "credit_risk")] == [None, 1]
    assert main(["credit_risk"]) == 0
    refused, registered = capsys.readouterr().out.splitlines()
    assert refused == "credit_risk run train_99: Its gates refused it: too small"
    assert registered.startswith("credit_risk version 1: No release of it")
    assert main(["credit_risk", "--version", "7"]) == 1
    assert "No candidate of credit_risk version 7" in capsys.readouterr().err


def test_without_a_stack_it_says_what_to_do(
    monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    monkeypatch.delenv("AIRLOCK_DATABASE_URL", raising=False)
    assert main(["credit_risk"]) == 1
    assert "make env" in capsys.readouterr().err
