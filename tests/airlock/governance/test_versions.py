"""Searching versions: by model, state, person and words, and never by what is typed as SQL."""

import pytest
from sqlalchemy.engine import Connection, Engine

from airlock.governance.deployments import deploy
from airlock.governance.versions import main, search
from tests.airlock.governance.records import MOMENT, approved_release, register


def fill(conn: Connection) -> None:
    first = register(conn, version=1, cause="monthly refresh", evidence={"feature": "income"})
    register(conn, version=2, trained_by="mlflow:bob", cause="version 7 was registered by hand")
    register(conn, version=None, reason="roc_auc is 0.61, at least 0.7 is needed: 50% of it")
    register(conn, version=1, model="other")
    deploy(conn, approved_release(conn, first), first, MOMENT)


@pytest.mark.parametrize(
    ("asked", "found"),
    [
        ({}, [("other", 1), ("credit_risk", None), ("credit_risk", 2), ("credit_risk", 1)]),
        ({"model": "other"}, [("other", 1)]),
        ({"model": "credit_risk", "state": "serving"}, [("credit_risk", 1)]),
        ({"state": "refused"}, [("credit_risk", None)]),
        ({"model": "credit_risk", "state": "registered"}, [("credit_risk", 2)]),
        ({"trained_by": "mlflow:bob"}, [("credit_risk", 2)]),
        ({"text": "INCOME"}, [("credit_risk", 1)]),
        ({"text": "by hand"}, [("credit_risk", 2)]),
        ({"text": "50%"}, [("credit_risk", None)]),
        ({"text": "%"}, [("credit_risk", None)]),
        ({"model": "' OR 1=1 --"}, []),
        ({"text": "'; DROP TABLE candidates; --"}, []),
        ({"state": "nonsense"}, []),
    ],
)
def test_what_fulfils_everything_asked_for_is_found_newest_first(
    conn: Connection, asked: dict[str, str], found: list[tuple[str, int | None]]
) -> None:
    fill(conn)
    assert [(one.model, one.version) for one in search(conn, **asked)] == found


def test_the_command_prints_a_table(
    engine: Engine, airlock_database: str, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    monkeypatch.setenv("AIRLOCK_DATABASE_URL", airlock_database)
    with engine.begin() as conn:
        fill(conn)
    assert main(["--model", "credit_risk", "--state", "serving"]) == 0
    head, row = capsys.readouterr().out.splitlines()
    assert head.split() == ["MODEL", "VERSION", "STATE", "TRAINED", "BY", "RECORDED", "CAUSE"]
    assert row.split()[:4] == ["credit_risk", "1", "serving", "dana"]
    assert main(["--model", "nothing"]) == 0
    assert capsys.readouterr().out == "Nothing is recorded that fulfils this.\n"
