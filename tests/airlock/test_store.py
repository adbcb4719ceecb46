"""The evidence store: what is kept stays as it was, or is not used any more."""

import shutil
from pathlib import Path
from tempfile import TemporaryDirectory

import pytest
from hypothesis import given
from hypothesis import strategies as st

from airlock.store import Store, StoreError

CONTENT = st.binary(min_size=1, max_size=60)
FILES = st.dictionaries(
    st.sampled_from(["a", "b", "deep/c", "deep/deeper/d"]), CONTENT, min_size=1, max_size=4
)


def kept(store: Store, files: dict[str, bytes]) -> str:
    with store.staging() as folder:
        for name, content in files.items():
            (folder / name).parent.mkdir(parents=True, exist_ok=True)
            (folder / name).write_bytes(content)
        return store.keep("packages", folder)


@given(FILES)
def test_what_is_kept_comes_back(files: dict[str, bytes]) -> None:
    with TemporaryDirectory() as root:
        folder = Store(Path(root)).folder("packages", kept(Store(Path(root)), files))
        found = {
            path.relative_to(folder).as_posix(): path.read_bytes()
            for path in folder.rglob("*")
            if path.is_file()
        }
        assert found == files


@given(FILES, st.data())
def test_any_changed_byte_is_refused(files: dict[str, bytes], data: st.DataObject) -> None:
    with TemporaryDirectory() as root:
        store = Store(Path(root))
        digest = kept(store, files)
        file = store.root / "packages" / digest / data.draw(st.sampled_from(sorted(files)))
        content = bytearray(file.read_bytes())
        content[data.draw(st.integers(0, len(content) - 1))] ^= data.draw(st.integers(1, 255))
        file.write_bytes(bytes(content))
        with pytest.raises(StoreError, match="was changed"):
            store.folder("packages", digest)


@given(CONTENT.map(bytes.hex), st.data())
def test_any_changed_value_is_refused(text: str, data: st.DataObject) -> None:
    with TemporaryDirectory() as root:
        store = Store(Path(root))
        digest = store.keep_json("evidence", {"text": text})
        assert store.json("evidence", digest) == {"text": text}
        file = store.root / "evidence" / f"{digest}.json"
        place = data.draw(st.integers(0, len(text) - 1))
        other = data.draw(st.sampled_from("0123456789abcdef").filter(lambda digit: digit != text[place]))
        changed = text[:place] + other + text[place + 1 :]
        file.write_bytes(file.read_bytes().replace(text.encode(), changed.encode()))
        with pytest.raises(StoreError, match="was changed"):
            store.json("evidence", digest)


@pytest.fixture
def store(tmp_path: Path) -> Store:
    return Store(tmp_path / "store")


def test_a_file_more_or_less_or_renamed_is_refused(store: Store) -> None:
    for number, change in enumerate(("added", "removed", "renamed")):
        digest = kept(store, {"a": b"1", "b": f"{number}".encode()})
        folder = store.root / "packages" / digest
        match change:
            case "added":
                (folder / "c").touch()
            case "removed":
                (folder / "b").unlink()
            case "renamed":
                (folder / "b").rename(folder / "c")
        with pytest.raises(StoreError, match="was changed: its content is now"):
            store.folder("packages", digest)


def test_keeping_twice_is_as_once(store: Store) -> None:
    assert kept(store, {"a": b"1"}) == kept(store, {"a": b"1"})
    assert len(list((store.root / "packages").iterdir())) == 1
    assert store.keep_json("evidence", {"a": 1}) == store.keep_json("evidence", {"a": 1})


def test_keeping_again_does_not_hide_that_the_kept_one_was_changed(store: Store) -> None:
    digest = kept(store, {"a": b"1"})
    (store.root / "packages" / digest / "a").write_bytes(b"2")
    assert kept(store, {"a": b"1"}) == digest
    with pytest.raises(StoreError, match="was changed"):
        store.folder("packages", digest)


@pytest.mark.parametrize("digest", ["0" * 64, "nothing"])
def test_what_is_not_there_is_refused(store: Store, digest: str) -> None:
    with pytest.raises(StoreError, match="is not in the evidence store"):
        store.folder("packages", digest)
    with pytest.raises(StoreError, match="is not in the evidence store"):
        store.json("evidence", digest)


def test_one_kind_is_not_taken_for_another(store: Store) -> None:
    digest = kept(store, {"a": b"1"})
    with pytest.raises(StoreError, match="snapshots .* is not in the evidence store"):
        store.folder("snapshots", digest)


def test_json_that_is_broken_or_written_otherwise_is_refused(store: Store) -> None:
    digest = store.keep_json("evidence", {"a": 1})
    for content in (b"", b'{"a":', b"\xff\xfe", b'{"a":NaN}', b'{"a": 1}', b'{"a":2,"a":1}'):
        (store.root / "evidence" / f"{digest}.json").write_bytes(content)
        with pytest.raises(StoreError, match="was changed"):
            store.json("evidence", digest)


def test_staging_leaves_nothing_behind(store: Store) -> None:
    with pytest.raises(RuntimeError), store.staging() as folder:
        (folder / "half").write_text("written")
        raise RuntimeError
    kept(store, {"a": b"1"})
    assert list((store.root / "staging").iterdir()) == []


def test_a_page_is_replaced_as_a_whole(store: Store) -> None:
    assert store.page("loans", "nights/2026-01-09.html", "<p>one") == "loans/nights/2026-01-09.html"
    store.page("loans", "nights/2026-01-09.html", "<p>two")
    folder = store.root / "pages" / "loans" / "nights"
    assert [path.name for path in folder.iterdir()] == ["2026-01-09.html"]
    assert (folder / "2026-01-09.html").read_text() == "<p>two"


def test_a_store_that_was_moved_is_the_same_store(store: Store, tmp_path: Path) -> None:
    digest = kept(store, {"a": b"1"})
    shutil.move(store.root, tmp_path / "elsewhere")
    assert Store(tmp_path / "elsewhere").folder("packages", digest).is_dir()


def test_what_is_removed_is_gone_and_leaves_nothing_behind(store: Store) -> None:
    with store.staging() as folder:
        (folder / "answers").write_bytes(b"1")
        digest = store.keep("answers", folder)
    assert store.remove("answers", digest)
    assert not store.remove("answers", digest)
    assert [place for place in store.root.rglob("*") if place.is_file() or place.name == digest] == []
