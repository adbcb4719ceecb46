"""What only a store in an object storage has: uploads that die, servers that are away, and a cache."""

import os
import signal
import socket
import subprocess
import sys
import time
from collections.abc import Callable, Iterator
from datetime import UTC, datetime, timedelta
from hashlib import sha256
from pathlib import Path

import pytest

from airlock.digests import canonical_json
from airlock.object_storage import filesystem
from airlock.settings import settings
from airlock.store import Store, StoreAway, StoreError, open_store
from airlock.store.bucket import Bucket
from airlock.store.bucket_store import UNUSED, BucketStore
from tests.airlock.object_server import ObjectServer
from tests.airlock.store.stores import InBucket, kept

FILES = {"a": b"1", "deep/b": b"2"}
KEEPING = """
import sys
from pathlib import Path
from airlock.settings import settings
from airlock.store import open_store

store = open_store(settings())
with store.staging() as folder:
    for number in range(80):
        (folder / f"{number}").write_bytes(b"x" * number)
    print("keeping", flush=True)
    store.keep("packages", folder)
"""


@pytest.fixture
def own_filesystem() -> Iterator[None]:
    """Let the environment that a test changes count, and no longer than the test."""
    yield
    filesystem.cache_clear()


@pytest.fixture
def cut(monkeypatch: pytest.MonkeyPatch, own_filesystem: None) -> Callable[[], None]:
    """Cut the way to the server."""

    def away() -> None:
        with socket.socket() as free:
            free.bind(("127.0.0.1", 0))
            monkeypatch.setenv("AWS_ENDPOINT_URL", f"http://127.0.0.1:{free.getsockname()[1]}")
        filesystem.cache_clear()

    return away


def wait_until(true: Callable[[], object]) -> None:
    end = time.monotonic() + 60
    while not true():
        assert time.monotonic() < end, "it did not come true"
        time.sleep(0.005)


def test_a_killed_upload_does_not_count_and_the_next_one_does(
    bucket: InBucket, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("AIRLOCK_STORE", bucket.store.bucket.address)
    monkeypatch.setenv("AIRLOCK_STORE_CACHE", str(bucket.store.root))
    environment = os.environ | {"PYTHONPATH": "plugins"}
    with subprocess.Popen([sys.executable, "-c", KEEPING], env=environment) as process:
        wait_until(lambda: bucket.names("packages"))
        process.send_signal(signal.SIGKILL)
    half = bucket.names("packages")
    assert 0 < len(half) < 80 and not any(name.endswith(".whole") for name in half)
    digest = half[0].split("/")[0]
    assert not bucket.store.has("packages", digest)
    assert list(bucket.store.each("packages", "0")) == []
    with pytest.raises(StoreError, match="is not in the evidence store"):
        bucket.store.folder("packages", digest)
    files = {f"{number}": b"x" * number for number in range(80)}
    assert kept(bucket.store, files) == digest
    assert len(list(bucket.another_machine().folder("packages", digest).iterdir())) == 80


def test_what_a_killed_upload_left_is_cleared_away_once_it_is_old(bucket: InBucket) -> None:
    whole, value = kept(bucket.store, FILES), bucket.store.keep_json("evidence", 1)
    bucket.store.page("loans", "nights/deep/one.html", "<p>")
    half = f"packages/{'0' * 64}/deep/a"
    for name in (half, f"changed/{whole}-1/deep/a", "somebody/elses/data.parquet"):
        bucket.server.write(bucket.address(name), b"1")
    left = bucket.store.root / "staging" / "left"
    left.mkdir(parents=True)
    before = bucket.names("")
    bucket.store.sweep(datetime.now(UTC) - timedelta(days=7))
    assert bucket.names("") == before and left.exists()
    bucket.store.sweep(datetime.now(UTC) + timedelta(days=1))
    assert set(before) - set(bucket.names("")) == {half} and not left.exists()
    bucket.another_machine().folder("packages", whole)
    assert bucket.another_machine().json("evidence", value) == 1


def test_a_proof_looks_at_the_objects_not_at_the_cache(bucket: InBucket) -> None:
    digest = kept(bucket.store, FILES)
    bucket.server.write(bucket.address(f"packages/{digest}/a"), b"9")
    assert (bucket.store.folder("packages", digest) / "a").read_bytes() == b"1"
    with pytest.raises(StoreError, match=r"s3://.*packages.* was changed: a is another file now"):
        bucket.store.prove("packages", digest)
    bucket.server.delete(bucket.address(f"packages/{digest}/a"))
    with pytest.raises(StoreError, match="was changed: a is gone"):
        bucket.store.prove("packages", digest)


def test_a_list_of_files_that_was_changed_is_refused(bucket: InBucket) -> None:
    digest = kept(bucket.store, FILES)
    bucket.write(f"packages/{digest}.whole", canonical_json({"a": sha256(b"1").hexdigest()}))
    with pytest.raises(StoreError, match="its list of files is another one now"):
        bucket.store.folder("packages", digest)


def test_a_copy_in_the_cache_that_was_changed_is_fetched_anew(bucket: InBucket) -> None:
    digest, value = kept(bucket.store, FILES), bucket.store.keep_json("evidence", {"a": 1})
    cached = bucket.store.root / "packages" / digest / "a"
    cached.write_bytes(b"9")
    (bucket.store.root / "evidence" / f"{value}.json").write_bytes(b"9")
    assert (bucket.store.folder("packages", digest) / "a").read_bytes() == cached.read_bytes() == b"1"
    assert bucket.store.json("evidence", value) == {"a": 1}


def test_what_is_in_the_cache_and_proved_is_used_while_the_server_is_away(
    bucket: InBucket, cut: Callable[[], None]
) -> None:
    digest, other = kept(bucket.store, FILES), kept(bucket.store, {"a": b"2"})
    value = bucket.store.keep_json("evidence", {"a": 1})
    (bucket.store.root / "packages" / other / "a").write_bytes(b"9")
    cut()
    assert (bucket.store.folder("packages", digest) / "a").read_bytes() == b"1"
    assert bucket.store.json("evidence", value) == {"a": 1}
    for gone in (other, "0" * 64):
        with pytest.raises(StoreAway, match="cannot be used"):
            bucket.store.folder("packages", gone)


def test_a_server_that_is_away_is_told_with_the_setting_and_nothing_is_kept(
    bucket: InBucket, cut: Callable[[], None], monkeypatch: pytest.MonkeyPatch
) -> None:
    url = os.environ["AWS_ENDPOINT_URL"]
    cut()
    with pytest.raises(StoreAway, match=r"AIRLOCK_STORE is s3://bank-\d+/evidence, .*AWS_ENDPOINT_URL names"):
        kept(bucket.store, FILES)
    monkeypatch.setenv("AWS_ENDPOINT_URL", url)
    filesystem.cache_clear()
    assert bucket.names("") == [] and not list(bucket.store.root.glob("packages/*"))


ASK: list[Callable[[Store], object]] = [
    lambda store: kept(store, FILES),
    lambda store: store.folder("packages", "0" * 64),
    lambda store: store.prove("packages", "0" * 64),
    lambda store: store.has("packages", "0" * 64),
    lambda store: store.remove("packages", "0" * 64),
    lambda store: list(store.each("packages", "a")),
    lambda store: store.keep_json("evidence", 1),
    lambda store: store.json("evidence", "0" * 64),
    lambda store: store.page("loans", "one.html", ""),
    lambda store: store.read_page("loans", "one.html"),
    lambda store: store.sweep(datetime.now(UTC)),
]


def test_a_bucket_that_is_not_there_is_never_taken_for_an_empty_one(
    object_storage: ObjectServer, tmp_path: Path
) -> None:
    store = BucketStore(tmp_path, Bucket("s3://nobody-made-it/evidence"))
    for ask in ASK:
        with pytest.raises(StoreAway, match=r"AIRLOCK_STORE is s3://nobody-made-it.*Make the bucket"):
            ask(store)


def test_keys_that_the_server_does_not_know_are_told(bucket: InBucket) -> None:
    with bucket.server.locked():
        for ask in ASK:
            with pytest.raises(StoreAway, match=r"AIRLOCK_STORE is s3://.*AWS_ACCESS_KEY_ID"):
                ask(bucket.store)


def test_what_the_cache_was_long_not_asked_for_leaves_it(bucket: InBucket) -> None:
    old, used = kept(bucket.store, {"a": b"old"}), kept(bucket.store, {"a": b"used"})
    long_ago = time.time() - UNUSED.total_seconds() - 60
    for digest in (old, used):
        os.utime(bucket.store.root / "packages" / digest, (long_ago, long_ago))
    bucket.store.folder("packages", used)
    kept(bucket.store, {"a": b"new"})
    cached = {place.name for place in (bucket.store.root / "packages").iterdir()}
    assert used in cached and old not in cached
    assert (bucket.store.folder("packages", old) / "a").read_bytes() == b"old"


def test_a_link_is_not_sent(bucket: InBucket, tmp_path: Path) -> None:
    (tmp_path / "secret").write_text("secret")
    with bucket.store.staging() as folder:
        (folder / "link").symlink_to(tmp_path / "secret")
        with pytest.raises(StoreError, match="holds link, which is neither a file nor a folder"):
            bucket.store.keep("packages", folder)
    assert bucket.names("") == []


def test_a_store_in_a_folder_moves_with_its_lists(bucket: InBucket, tmp_path: Path) -> None:
    """As docs/storage.md says."""
    old = Store(tmp_path / "old")
    digest, value = kept(old, FILES), old.keep_json("evidence", {"a": 1})
    old.page("loans", "one.html", "<p>")
    code = (
        (Path(__file__).parents[3] / "docs" / "storage.md")
        .read_text()
        .split("```python\n")[1]
        .split("```")[0]
    )
    exec(code.replace(".airlock/store", str(old.root)), {})
    for file in (path for path in old.root.rglob("*") if path.is_file()):
        bucket.server.write(bucket.address(file.relative_to(old.root).as_posix()), file.read_bytes())
    bucket.store.prove("packages", digest)
    assert (bucket.store.folder("packages", digest) / "deep" / "b").read_bytes() == b"2"
    assert bucket.store.json("evidence", value) == {"a": 1}
    assert bucket.store.read_page("loans", "one.html") == b"<p>"
    assert old.folder("packages", digest)


def test_a_store_is_opened_where_the_settings_say(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("AIRLOCK_STORE", str(tmp_path))
    assert open_store(settings()) == Store(tmp_path)
    monkeypatch.setenv("AIRLOCK_STORE", "s3://bank/evidence/")
    monkeypatch.setenv("AIRLOCK_STORE_CACHE", str(tmp_path))
    assert open_store(settings()) == BucketStore(tmp_path, Bucket("s3://bank/evidence/"))


def test_a_process_that_only_opens_the_store_pays_for_no_arrow() -> None:
    code = (
        "import sys\nfrom airlock.settings import settings\nfrom airlock.store import open_store\n"
        "open_store(settings())\nsys.exit('pyarrow' in sys.modules)"
    )
    environment = os.environ | {"PYTHONPATH": "plugins", "AIRLOCK_STORE": "s3://bank/evidence"}
    assert subprocess.run([sys.executable, "-c", code], env=environment).returncode == 0
