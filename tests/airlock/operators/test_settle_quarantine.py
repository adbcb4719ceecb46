"""Settling rows in quarantine: by a person who says why, for the rows that the form names."""

from typing import Any

import pytest
from sqlalchemy.engine import Engine

from airlock.governance import audit_log, quarantine
from airlock.governance.records import RecordError
from airlock.operators.run import RunError
from airlock.operators.settle_quarantine import SettleQuarantineOperator
from tests.airlock.governance.records import MOMENT
from tests.airlock.governance.test_quarantine import Row
from tests.airlock.lender import Lender
from tests.airlock.operators.running import context


@pytest.fixture
def ids(installation: Lender, engine: Engine) -> list[int]:
    """The ids of three held rows of loans."""
    with engine.begin() as conn:
        rows = [Row(name) for name in ("one", "two", "three")]
        quarantine.hold(conn, "loans", rows, snapshot_digest="s", dag_run_id="r", at=MOMENT)
        return [row.id for row in quarantine.held(conn, "loans")]


def settle(user: str | None = "dana", **params: Any) -> dict[str, Any]:
    form = {"model": "loans", "decision": "release", "rows": [], "reason": "checked with the clerk"}
    running = context("quarantine", user=user, params=form | params)
    return SettleQuarantineOperator(task_id="settle").execute(running)


def states(engine: Engine) -> list[str]:
    with engine.connect() as conn:
        return [one.state for one in quarantine.settled(conn, "loans")]


def test_the_named_rows_are_settled_in_the_name_of_who_triggered_the_run(
    ids: list[int], engine: Engine
) -> None:
    assert settle(rows=ids[:2]) == {"model": "loans", "state": "released", "rows": ids[:2]}
    assert states(engine) == ["released", "released"]
    with engine.connect() as conn:
        assert [row.id for row in quarantine.held(conn, "loans")] == ids[2:]
        (row, *_) = conn.execute(quarantine.quarantine.select().order_by("id")).all()
        (logged,) = audit_log.entries(conn)
    assert (row.settled_by, row.settled_because) == ("dana", "checked with the clerk")
    assert (logged.actor, logged.run) == ("dana", "quarantine/manual__1")


@pytest.mark.parametrize("rows", [[], None])
def test_no_ids_mean_all_that_are_held(ids: list[int], engine: Engine, rows: list[int] | None) -> None:
    assert settle(rows=rows, decision="drop")["rows"] == ids
    assert states(engine) == ["dropped"] * 3


@pytest.mark.parametrize("user", [None, ""])
def test_a_run_that_nobody_is_known_to_have_triggered_settles_nothing(
    ids: list[int], engine: Engine, user: str | None
) -> None:
    with pytest.raises(RunError, match="Nobody is known to have triggered this run"):
        settle(user=user)
    assert states(engine) == []


def test_a_reason_of_spaces_is_none(ids: list[int], engine: Engine) -> None:
    with pytest.raises(RunError, match="reason: is empty"):
        settle(reason="  ")
    assert states(engine) == []


def test_an_id_that_is_not_there_settles_nothing(ids: list[int], engine: Engine) -> None:
    with pytest.raises(RecordError, match=f"loans has no rows {ids[-1] + 1} in its quarantine"):
        settle(rows=[*ids, ids[-1] + 1])
    assert states(engine) == []
