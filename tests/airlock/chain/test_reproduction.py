"""A version trained again from its record: the same to the last byte, or a clear word on what is not."""

import json
import shutil
from dataclasses import replace
from pathlib import Path

import pytest
from sqlalchemy.engine import Engine

from airlock.chain.reproduction import reproduce
from airlock.chain.training import SPECS
from airlock.digests import digest_of
from airlock.governance import reproductions
from airlock.governance.candidates import Candidate
from airlock.governance.records import RecordError
from airlock.governance.reproductions import Reproduction
from airlock.store import Store, StoreError
from airlock.training.candidate import fit
from tests.airlock.governance.records import MOMENT, register
from tests.airlock.lender import Lender, Trained


@pytest.fixture
def candidate(lender: Lender, trained: Trained, engine: Engine) -> Candidate:
    """The trees of the lender's training, registered."""
    with engine.begin() as conn:
        return register(
            conn,
            model="loans",
            package_digest=trained.package("trees"),
            snapshot_digest=trained.lineage.snapshot,
            spec_digest=lender.spec.digest,
        )


def again(candidate: Candidate, store: Store, code_version: str = "c0de") -> Reproduction:
    return reproduce(
        candidate, store=store, dag_run_id="manual__9", asked_by="ada", code_version=code_version, at=MOMENT
    )


def test_a_version_comes_out_the_same_to_the_last_byte(lender: Lender, candidate: Candidate) -> None:
    found = again(candidate, lender.store)
    assert found.identical and found.same_answers
    assert (found.largest_difference, found.equal_decisions) == (0.0, 1.0)
    assert found.package_digest == candidate.package_digest
    assert found.changed == {}
    assert "is the same to the last byte" in found.sentence
    assert "Nothing it was made with has changed." in found.sentence


def test_code_that_is_not_what_it_was_is_named(lender: Lender, candidate: Candidate) -> None:
    found = again(candidate, lender.store, code_version="another")
    assert found.identical
    assert found.changed == {"airlock": ["c0de", "another"]}
    assert "airlock was c0de and is another" in found.sentence


def test_a_training_that_comes_out_otherwise_is_found(
    lender: Lender, candidate: Candidate, monkeypatch: pytest.MonkeyPatch
) -> None:
    def less(spec, name, table, **kwargs):  # type: ignore[no-untyped-def]
        return fit(spec, name, table.slice(0, len(table) // 2), **kwargs)

    monkeypatch.setattr("airlock.chain.training.fit", less)
    found = again(candidate, lender.store)
    assert not found.identical and not found.same_answers
    assert found.largest_difference > 0.01
    assert "is another model" in found.sentence


def test_it_needs_every_part_of_the_record(lender: Lender, candidate: Candidate) -> None:
    for gone in ("snapshot_digest", "package_digest", "spec_digest"):
        with pytest.raises(StoreError, match="is not in the evidence store"):
            again(replace(candidate, **{gone: "0" * 64}), lender.store)


def test_a_spec_of_another_time_is_named(lender: Lender, candidate: Candidate, tmp_path: Path) -> None:
    store = Store(tmp_path / "store")
    shutil.copytree(lender.store.root / "packages", store.root / "packages")
    kept = json.loads((lender.store.root / SPECS / f"{candidate.spec_digest}.json").read_bytes())
    old = store.keep_json(SPECS, kept | {"a_key_of_old": 1})
    assert old == digest_of(kept | {"a_key_of_old": 1})
    with pytest.raises(RecordError, match="this version of Airlock cannot read"):
        again(replace(candidate, spec_digest=old), store)


def test_the_newest_attempt_is_what_people_see(lender: Lender, candidate: Candidate, engine: Engine) -> None:
    found = again(candidate, lender.store)
    with engine.begin() as conn:
        assert reproductions.newest(conn, candidate.id) is None
        for _ in range(2):
            reproductions.record(conn, found)
        later = replace(found, dag_run_id="manual__10", identical=False)
        reproductions.record(conn, later)
        assert reproductions.newest(conn, candidate.id) == later
