"""Training snapshots past their time: nothing in use loses its own, and what is gone is said to be."""

import os
from datetime import datetime
from pathlib import Path

import pyarrow as pa
import pyarrow.parquet as pq
import pytest
import sqlalchemy as sa
from sqlalchemy.engine import Connection, Engine

from airlock.audit.records import compare
from airlock.chain.past_snapshots import OldSnapshot, note_deleted
from airlock.chain.retention import Deleted, Deleting, delete_past
from airlock.data.snapshot import DATA, MANIFEST
from airlock.digests import canonical_json
from airlock.governance import deployments, past_snapshots
from airlock.governance.candidates import Candidate
from airlock.governance.lineage.trace import trace
from airlock.governance.past_snapshots import KIND, SnapshotDeleted
from airlock.governance.tables import challengers, releases
from airlock.governance.tables import deletions as deletions_table
from airlock.governance.tables import deployments as deployments_table
from airlock.store import Store
from tests.airlock.governance.past import NOW, OLD, OLDER, RUN, YOUNG
from tests.airlock.governance.records import approved_release, register
from tests.airlock.loans import loan_spec


@pytest.fixture
def store(tmp_path: Path) -> Store:
    return Store(tmp_path)


def snapshot(store: Store, rows: int = 3, *, kept_at: datetime = OLDER, model: str = "loans") -> str:
    """Keep a snapshot as if it had been taken then."""
    source = {"sql": {"connection": "warehouse", "query": "SELECT 1"}}
    manifest = {"model": model, "as_of": OLDER.isoformat(), "rows": rows, "source": source, "columns": []}
    manifest |= {"window": {"start": None, "end": None}, "code_version": "c0de"}
    with store.staging() as folder:
        pq.write_table(pa.table({"loan": [f"L{number}" for number in range(rows)]}), folder / DATA)
        (folder / MANIFEST).write_bytes(canonical_json(manifest))
        digest = store.keep(KIND, folder)
    os.utime(store.root / KIND / digest / MANIFEST, (kept_at.timestamp(),) * 2)
    return digest


def trained(conn: Connection, digest: str, at: datetime = OLDER, version: int = 1) -> Candidate:
    """Register a version that learned from a snapshot then."""
    return register(conn, version=version, model="loans", snapshot_digest=digest, recorded_at=at)


def apply(tasks: Engine, store: Store) -> Deleted:
    run = Deleting(tasks, store, RUN, "retention", NOW)
    return delete_past(loan_spec(data={"retention": "365d"}), run)


def test_what_nothing_in_use_learned_from_goes_and_is_on_record(
    engine: Engine, tasks: Engine, store: Store
) -> None:
    refused, unknown = snapshot(store, 3), snapshot(store, 4)
    young, others = snapshot(store, 5, kept_at=YOUNG), snapshot(store, 6, model="ships")
    with engine.begin() as conn:
        trained(conn, refused)
    assert apply(tasks, store) == Deleted(snapshots=2)
    assert [store.has(KIND, one) for one in (refused, unknown, young, others)] == [False, False, True, True]
    assert apply(tasks, store) == Deleted()
    with engine.connect() as conn:
        rows = conn.execute(sa.select(deletions_table).order_by(deletions_table.c.rows)).all()
        assert [one for one in compare(conn) if "deletion" in one.sentence] == []
    assert [(row.kind, row.rows, row.digest) for row in rows] == [
        ("snapshot", 3, refused),
        ("snapshot", 4, unknown),
    ]


def test_what_a_version_in_use_learned_from_stays(engine: Engine, tasks: Engine, store: Store) -> None:
    digest = snapshot(store)
    with engine.begin() as conn:
        one = trained(conn, digest)
        deployments.deploy(conn, approved_release(conn, one), one, OLDER)
        conn.execute(sa.update(releases).values(state="deployed"))
    assert apply(tasks, store) == Deleted()
    with tasks.begin() as conn, pytest.raises(sa.exc.DBAPIError, match="is of a version in use"):
        past_snapshots.delete(conn, "loans", digest, as_of=OLD, rows=3, run=RUN, by="mika", at=NOW)
    for retired_at, gone in ((YOUNG, 0), (OLD, 1)):
        with engine.begin() as conn:
            over = {"retired_at": retired_at, "retired_because": "another one came"}
            conn.execute(sa.update(deployments_table).values(over))
        assert apply(tasks, store) == Deleted(snapshots=gone)


def test_what_waits_for_its_release_keeps_its_snapshot(engine: Engine, tasks: Engine, store: Store) -> None:
    digest = snapshot(store)
    with engine.begin() as conn:
        approved_release(conn, trained(conn, digest))
    assert apply(tasks, store) == Deleted()


def test_what_a_young_candidate_learned_from_stays(engine: Engine, tasks: Engine, store: Store) -> None:
    digest = snapshot(store)
    with engine.begin() as conn:
        trained(conn, digest, YOUNG)
    assert apply(tasks, store) == Deleted()


def test_what_was_a_challenger_of_late_keeps_its_snapshot(
    engine: Engine, tasks: Engine, store: Store
) -> None:
    digest = snapshot(store)
    with engine.begin() as conn:
        one = trained(conn, digest)
        release = approved_release(conn, one)
        conn.execute(sa.update(releases).values(state="failed"))
        beside = {"model": "loans", "release_id": release.id, "candidate_id": one.id, "version": 1}
        ran = {"package_digest": "p", "way": "shadow", "share": 0, "step": 1, "started_at": OLDER}
        ended = {"stepped_at": OLDER, "ended_at": YOUNG, "outcome": "broke", "ended_because": "slow"}
        conn.execute(sa.insert(challengers).values(beside | ran | ended))
    assert apply(tasks, store) == Deleted()


def test_a_folder_that_a_killed_run_left_is_removed_without_another_record(
    engine: Engine, tasks: Engine, store: Store
) -> None:
    digest = snapshot(store)
    with tasks.begin() as conn:
        note_deleted(conn, "loans", OldSnapshot(digest, OLDER, 3, OLDER), run=RUN, by="mika", at=NOW)
    assert store.has(KIND, digest)
    apply(tasks, store)
    assert not store.has(KIND, digest)
    with engine.connect() as conn:
        assert len(conn.execute(sa.select(deletions_table)).all()) == 1


def test_who_asks_for_what_is_gone_is_told_when_it_went(engine: Engine, tasks: Engine, store: Store) -> None:
    digest = snapshot(store)
    with engine.begin() as conn:
        one = trained(conn, digest)
        past_snapshots.refuse_deleted(conn, one, store)
    apply(tasks, store)
    with engine.connect() as conn:
        with pytest.raises(SnapshotDeleted, match=r"loans version 1 cannot be trained again.*deletion 1"):
            past_snapshots.refuse_deleted(conn, one, store)
        assert "Deleted by retention" in trace(conn, store, "snapshot", digest).sentence
