"""A bucket that others write to, sweep or empty meanwhile, and a disk of this machine that is full."""

import resource
from collections.abc import Callable, Iterator
from datetime import UTC, datetime, timedelta
from hashlib import sha256
from pathlib import Path

import pytest

from airlock.digests import canonical_json
from airlock.store import StoreAway, StoreError
from airlock.store.bucket import Bucket, Gone
from airlock.store.bucket_store import BucketStore
from tests.airlock.store.stores import InBucket, kept

FILES = {"a": b"1", "deep/b": b"2"}


@pytest.fixture
def full_disk() -> Iterator[None]:
    """Let this process write no file of more than 1 KiB, as if the disk were full then."""
    limits = resource.getrlimit(resource.RLIMIT_FSIZE)
    resource.setrlimit(resource.RLIMIT_FSIZE, (1024, limits[1]))
    yield
    resource.setrlimit(resource.RLIMIT_FSIZE, limits)


class Meanwhile(Bucket):
    """A bucket in which something else happens right after everything in it was listed, once."""

    happens: list[Callable[[], object]] = []

    def below(self, key: str, *, recursive: bool = True) -> list[tuple[str, datetime]]:
        found = super().below(key, recursive=recursive)
        if key == "" and self.happens:
            self.happens.pop()()
        return found


@pytest.mark.parametrize(
    "name", ["../../../airflow/webserver_config.py", "/outside", "a/../../../b", "a\\b", ""]
)
def test_a_list_that_leads_out_of_the_cache_writes_nothing(
    bucket: InBucket, tmp_path: Path, name: str
) -> None:
    outside = str(tmp_path / "outside") if name == "/outside" else name
    listed = canonical_json({outside: sha256(b"evil").hexdigest()})
    digest = sha256(listed).hexdigest()
    bucket.server.write(bucket.address(f"packages/{digest}/{outside}"), b"evil")
    bucket.server.write(bucket.address(f"packages/{digest}.whole"), listed)
    for ask in (bucket.store.folder, bucket.store.prove):
        with pytest.raises(
            StoreError, match=r"was changed: its list of files has .*, which is no plain path"
        ):
            ask("packages", digest)
    assert not [path for path in tmp_path.rglob("*") if path.is_file()]


def test_a_name_that_would_not_come_back_is_not_kept(bucket: InBucket) -> None:
    with pytest.raises(StoreError, match="holds a%b, which is no plain path and cannot be kept"):
        kept(bucket.store, {"a%b": b"1"})
    assert bucket.names("") == []


def test_keeping_again_sends_what_is_missing_of_a_kept_folder(bucket: InBucket) -> None:
    digest = kept(bucket.store, FILES)
    bucket.delete(f"packages/{digest}/deep/b")
    with pytest.raises(StoreError, match="deep/b is gone"):
        bucket.store.prove("packages", digest)
    assert kept(bucket.store, FILES) == digest
    bucket.another_machine().prove("packages", digest)


def test_a_sweep_leaves_what_is_kept_while_it_runs(bucket: InBucket) -> None:
    digest = sha256(
        canonical_json({name: sha256(what).hexdigest() for name, what in FILES.items()})
    ).hexdigest()
    bucket.server.write(bucket.address(f"packages/{digest}/a"), b"1")
    meanwhile = Meanwhile(bucket.store.bucket.address)
    meanwhile.happens.append(lambda: kept(bucket.store, FILES))
    sweeping = BucketStore(bucket.store.root.with_name("sweeping"), meanwhile)
    sweeping.sweep(datetime.now(UTC) + timedelta(days=1))
    assert not meanwhile.happens
    bucket.another_machine().prove("packages", digest)


def test_what_was_removed_or_swept_leaves_no_object_that_stands_for_it(bucket: InBucket) -> None:
    digest = kept(bucket.store, FILES)
    half = f"packages/{'0' * 64}"
    bucket.server.write(bucket.address(f"{half}/deep/a"), b"1")
    assert bucket.store.remove("packages", digest)
    assert not bucket.store.remove("packages", digest)
    bucket.store.sweep(datetime.now(UTC) + timedelta(days=1))
    name = bucket.store.bucket.path.split("/")[0]
    keys = [one["Key"] for one in bucket.server.client.list_objects_v2(Bucket=name).get("Contents", [])]
    assert not [key for key in keys if digest in key or half in key]


@pytest.mark.usefixtures("full_disk")
def test_a_full_disk_of_this_machine_is_not_told_as_the_object_storages_fault(bucket: InBucket) -> None:
    content = b"x" * 4096
    listed = canonical_json({"a": sha256(content).hexdigest()})
    digest, value = sha256(listed).hexdigest(), canonical_json(content.decode())
    bucket.server.write(bucket.address(f"packages/{digest}/a"), content)
    bucket.server.write(bucket.address(f"packages/{digest}.whole"), listed)
    bucket.server.write(bucket.address(f"evidence/{sha256(value).hexdigest()}.json"), value)
    for ask in (bucket.store.folder, bucket.store.json):
        kind = "packages" if ask == bucket.store.folder else "evidence"
        with pytest.raises(StoreAway, match=r"^AIRLOCK_STORE_CACHE is /.*Make room on that disk"):
            ask(kind, digest if kind == "packages" else sha256(value).hexdigest())


def test_a_file_that_is_missing_on_this_machine_is_not_told_as_missing_evidence(
    bucket: InBucket, tmp_path: Path
) -> None:
    with pytest.raises(FileNotFoundError, match="nothing"):
        bucket.store.bucket.upload(tmp_path, ["nothing"], "packages/x")
    with pytest.raises(Gone):
        bucket.store.bucket.download("packages/x", ["nothing"], tmp_path)
    assert bucket.names("") == []
