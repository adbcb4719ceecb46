"""The chain with its evidence in an object storage: several machines, each with a cache of its own."""

import shutil
from collections.abc import Callable, Iterator
from datetime import UTC, datetime, timedelta
from pathlib import Path

import pytest
from sqlalchemy.engine import Engine

from airlock.chain.past_snapshots import snapshots_past
from airlock.chain.production.evidence import evidence_differences
from airlock.chain.production.standing import standings
from airlock.data.snapshot import Snapshot, open_snapshot, take_snapshot
from airlock.governance.lineage.stored import snapshots_with
from airlock.object_storage import filesystem
from airlock.package.package import Package, open_package
from airlock.store import Store, StoreAway
from airlock.store.bucket import Bucket
from airlock.store.bucket_store import BucketStore
from tests.airlock.data.loans import NOON, no_connection
from tests.airlock.data.loans import loans as small_loans
from tests.airlock.lender import deployed
from tests.airlock.loans import loan_spec
from tests.airlock.loans import loans as many_loans
from tests.airlock.object_server import ObjectServer
from tests.airlock.packaging import fit_and_build
from tests.airlock.serving.scoring_api import scoring_api

LOANS = (
    "loan_id,made_at,income,channel,urban,note,defaulted\n"
    "L-1,2026-02-01T12:00:00Z,1500.5,NA,yes,x,false\n"
    "L-2,2026-02-02T12:00:00Z,,web,0,,true\n"
)


@pytest.fixture(scope="module")
def package(tmp_path_factory: pytest.TempPathFactory) -> Package:
    """What a training has built."""
    return fit_and_build(loan_spec(), "linear", many_loans(400), tmp_path_factory.mktemp("built"))[1]


@pytest.fixture
def evidence(object_storage: ObjectServer, package: Package, tmp_path: Path) -> BucketStore:
    """An evidence store in an object storage, as the machine sees it that has kept the package there."""
    store = BucketStore(tmp_path / "trainer", Bucket(f"{object_storage.new_bucket()}/evidence"))
    with store.staging() as folder:
        assert store.keep("packages", shutil.copytree(package.folder, folder / "kept")) == package.digest
    return store


@pytest.fixture
def snapshot(evidence: BucketStore, tmp_path: Path) -> Snapshot:
    """A snapshot that was taken into it."""
    (tmp_path / "models" / "loans").mkdir(parents=True)
    (tmp_path / "models" / "loans" / "loans.csv").write_text(LOANS)
    return take_snapshot(
        small_loans({"file": {"path": "loans.csv", "format": "csv"}}),
        as_of=NOON,
        store=evidence,
        models=tmp_path / "models",
        connect=no_connection,
        code_version="test",
    )


@pytest.fixture
def elsewhere(evidence: BucketStore, tmp_path: Path) -> BucketStore:
    """The same store on a machine that has nothing of it yet."""
    return BucketStore(tmp_path / "elsewhere", evidence.bucket)


@pytest.fixture
def cut(monkeypatch: pytest.MonkeyPatch) -> Iterator[Callable[[], None]]:
    """Cut the way to the object storage."""

    def away() -> None:
        monkeypatch.setenv("AWS_ENDPOINT_URL", "http://127.0.0.1:9")
        filesystem.cache_clear()

    yield away
    filesystem.cache_clear()


def test_the_scoring_api_answers_from_a_package_that_another_machine_kept(
    airlock_database: str, engine: Engine, package: Package, elsewhere: BucketStore, tmp_path: Path,
    monkeypatch: pytest.MonkeyPatch,
) -> None:  # fmt: skip
    deployed(engine, package.digest)
    example = open_package(elsewhere, package.digest).examples()[0]
    monkeypatch.setenv("AIRLOCK_STORE_CACHE", str(tmp_path / "scoring"))
    with scoring_api(airlock_database, elsewhere.bucket.address, tmp_path) as running:
        asked = {"entity_key": "L-1", "features": example["features"]}
        answer = running.client.post("/v1/models/loans/predict", json={"rows": [asked]})
        assert answer.status_code == 200, answer.text
        assert answer.json()["predictions"][0]["score"] == pytest.approx(example["score"])
    assert (tmp_path / "scoring" / "packages" / package.digest).is_dir()


def test_a_snapshot_is_opened_and_searched_on_another_machine(snapshot: Snapshot, elsewhere: Store) -> None:
    digest = snapshot.digest
    (found,) = snapshots_with(elsewhere, "loans", "loan_id", "L-1")
    assert found.facts["rows_of_entity"] == 1
    assert not (elsewhere.root / "snapshots" / digest).exists(), "one column was read, not all of it fetched"
    opened = open_snapshot(elsewhere, digest)
    assert opened.table().equals(snapshot.table()) and opened.manifest == snapshot.manifest


def test_a_changed_object_is_a_difference_though_every_cache_is_whole(
    object_storage: ObjectServer, engine: Engine, package: Package, evidence: BucketStore
) -> None:
    deployed(engine, package.digest)
    with engine.connect() as conn:
        standing = standings(conn)
    assert "package_changed" not in [one.kind for one in evidence_differences(standing, evidence)]
    object_storage.write(f"{evidence.bucket.address}/packages/{package.digest}/signature.json", b"{}")
    found = {one.kind: one for one in evidence_differences(standing, evidence)}
    assert "signature.json is another file now" in found["package_changed"].sentence


def test_a_storage_that_is_away_is_no_difference_and_no_answer(
    engine: Engine, package: Package, evidence: BucketStore, cut: Callable[[], None]
) -> None:
    deployed(engine, package.digest)
    with engine.connect() as conn:
        standing = standings(conn)
    cut()
    with pytest.raises(StoreAway, match="AIRLOCK_STORE is s3://"):
        list(evidence_differences(standing, evidence))


def test_retention_finds_and_takes_a_snapshot_from_every_machine(
    engine: Engine, snapshot: Snapshot, evidence: BucketStore, elsewhere: BucketStore
) -> None:
    digest = snapshot.digest
    elsewhere.folder("snapshots", digest)
    with engine.connect() as conn:
        assert snapshots_past(conn, evidence, "loans", datetime.now(UTC) - timedelta(days=1)) == ()
        (past,) = snapshots_past(conn, evidence, "loans", datetime.now(UTC) + timedelta(days=1))
    assert past.digest == digest and past.rows > 0
    assert evidence.remove("snapshots", past.digest)
    assert list(elsewhere.each("snapshots", "manifest.json")) == []
    assert not elsewhere.has("snapshots", digest)
