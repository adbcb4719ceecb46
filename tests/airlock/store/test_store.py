"""The evidence store, of either kind: what is kept stays as it was, or is not used any more."""

import os
import shutil
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path
from tempfile import TemporaryDirectory

import pytest
from hypothesis import given
from hypothesis import strategies as st

from airlock.digests import digest_of_folder
from airlock.store import Store, StoreError
from tests.airlock.store.stores import Kind, kept, write

CONTENT = st.binary(min_size=1, max_size=60)
FILES = st.dictionaries(
    st.sampled_from(["a", "b", "deep/c", "deep/deeper/d"]), CONTENT, min_size=1, max_size=4
)


def below(folder: Path) -> dict[str, bytes]:
    files = (path for path in folder.rglob("*") if path.is_file())
    return {path.relative_to(folder).as_posix(): path.read_bytes() for path in files}


@given(FILES)
def test_what_is_kept_comes_back(files: dict[str, bytes]) -> None:
    with TemporaryDirectory() as root:
        store = Store(Path(root))
        assert below(store.folder("packages", kept(store, files))) == files


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


def test_another_machine_gets_what_one_has_kept(place: Kind) -> None:
    files = {"a": b"1", "deep/deeper/b": os.urandom(3 << 20), "deep/empty": b""}
    digest = kept(place.store, files)
    value = place.store.keep_json("evidence", {"a": 1})
    elsewhere = place.another_machine()
    assert elsewhere.has("packages", digest) and not elsewhere.has("snapshots", digest)
    assert below(elsewhere.folder("packages", digest)) == files
    assert below(elsewhere.local("packages", digest)) == files
    assert elsewhere.json("evidence", value) == {"a": 1}
    elsewhere.prove("packages", digest)


def test_a_file_more_or_less_or_renamed_or_changed_is_refused(place: Kind) -> None:
    for number, change in enumerate(("added", "removed", "renamed", "changed")):
        digest = kept(place.store, {"a": b"1", "b": f"{number}".encode()})
        at = f"packages/{digest}"
        match change:
            case "added":
                place.write(f"{at}/c", b"")
            case "removed":
                place.delete(f"{at}/b")
            case "renamed":
                place.write(f"{at}/c", place.read(f"{at}/b"))
                place.delete(f"{at}/b")
            case "changed":
                place.write(f"{at}/b", b"?")
        for store in (place.store, place.another_machine()):
            with pytest.raises(StoreError, match="was changed: "):
                store.folder("packages", digest)
            with pytest.raises(StoreError, match="was changed: "):
                store.prove("packages", digest)


def test_keeping_twice_is_as_once(place: Kind) -> None:
    store = place.store
    assert kept(store, {"a": b"1"}) == kept(store, {"a": b"1"})
    assert len(list(store.each("packages", "a"))) == 1
    assert store.keep_json("evidence", {"a": 1}) == store.keep_json("evidence", {"a": 1})


def test_two_who_keep_the_same_at_once_harm_nothing(place: Kind) -> None:
    files = {f"deep/{number}": f"{number}".encode() for number in range(9)}
    stores = [place.store, place.another_machine()] * 3
    with ThreadPoolExecutor(len(stores)) as machines:
        (digest,) = set(machines.map(lambda store: kept(store, files), stores))
    for store in stores[:2]:
        assert below(store.folder("packages", digest)) == files
        store.prove("packages", digest)


def test_keeping_again_does_not_hide_that_the_kept_one_was_changed(place: Kind) -> None:
    digest = kept(place.store, {"a": b"1"})
    place.write(f"packages/{digest}/a", b"2")
    assert kept(place.store, {"a": b"1"}) == digest
    with pytest.raises(StoreError, match="was changed"):
        place.store.prove("packages", digest)
    with pytest.raises(StoreError, match="was changed"):
        place.another_machine().folder("packages", digest)


@pytest.mark.parametrize("digest", ["0" * 64, "nothing"])
def test_what_is_not_there_is_refused(store: Store, digest: str) -> None:
    assert not store.has("packages", digest)
    for ask in (store.folder, store.prove, store.json):
        with pytest.raises(StoreError, match="is not in the evidence store"):
            ask("packages", digest)


def test_one_kind_is_not_taken_for_another(store: Store) -> None:
    digest = kept(store, {"a": b"1"})
    with pytest.raises(StoreError, match="snapshots .* is not in the evidence store"):
        store.folder("snapshots", digest)


def test_json_that_is_broken_or_written_otherwise_is_refused(place: Kind) -> None:
    digest = place.store.keep_json("evidence", {"a": 1})
    for content in (b"", b'{"a":', b"\xff\xfe", b'{"a":NaN}', b'{"a": 1}', b'{"a":2,"a":1}'):
        place.write(f"evidence/{digest}.json", content)
        with pytest.raises(StoreError, match="was changed"):
            place.store.json("evidence", digest)


def test_staging_leaves_nothing_behind(store: Store) -> None:
    with pytest.raises(RuntimeError), store.staging() as folder:
        (folder / "half").write_text("written")
        raise RuntimeError
    kept(store, {"a": b"1"})
    assert list((store.root / "staging").iterdir()) == []


def test_what_is_removed_is_gone_for_every_machine_and_leaves_nothing_behind(place: Kind) -> None:
    store, elsewhere = place.store, place.another_machine()
    digest = kept(store, {"answers": b"1", "deep/more": b"2"}, "answers")
    elsewhere.folder("answers", digest)
    assert store.remove("answers", digest)
    assert not store.remove("answers", digest)
    assert place.names("") == [] and place.names("answers") == []
    for one in (store, elsewhere):
        assert not one.has("answers", digest)
        with pytest.raises(StoreError, match="is not in the evidence store"):
            one.folder("answers", digest)
        assert not (one.root / "answers" / digest).exists()


def test_what_was_removed_can_be_kept_again(place: Kind) -> None:
    digest = kept(place.store, {"a": b"1"})
    place.store.remove("packages", digest)
    assert kept(place.store, {"a": b"1"}) == digest
    assert below(place.another_machine().folder("packages", digest)) == {"a": b"1"}


def test_each_kept_folder_of_a_kind_is_told_with_a_file_of_it(store: Store) -> None:
    assert list(store.each("snapshots", "manifest")) == []
    digests = [kept(store, {"manifest": name, "data": b"x"}, "snapshots") for name in (b"1", b"2", b"3")]
    kept(store, {"other": b"4"}, "snapshots")
    found = list(store.each("snapshots", "manifest"))
    assert [one.digest for one in found] == sorted(digests)
    assert {one.digest: one.content for one in found} == dict(zip(digests, (b"1", b"2", b"3"), strict=True))
    assert all(one.kept_at.tzinfo is not None for one in found)


def test_a_file_is_read_here_and_there(place: Kind) -> None:
    digest = kept(place.store, {"data": bytes(range(200)) * 1000}, "snapshots")
    for store in (place.store, place.another_machine()):
        with store.open("snapshots", digest, "data") as file:
            file.seek(1000)
            assert bytes(file.read(3)) == bytes((0, 1, 2))


def test_a_whole_copy_is_salvaged_from_what_is_changed_elsewhere(place: Kind, tmp_path: Path) -> None:
    write(tmp_path / "package", {"model": b"1", "deep/code": b"2"})
    wanted = digest_of_folder(tmp_path / "package")
    dossier = kept(place.store, {"page": b"x", "package/model": b"1", "package/deep/code": b"2"}, "dossiers")
    place.write(f"dossiers/{dossier}/page", b"y")

    def salvage(inside: str, into: str) -> bool:
        return place.store.salvage("dossiers", dossier, inside, wanted, tmp_path / into)

    assert salvage("package", "whole") and below(tmp_path / "whole") == {"model": b"1", "deep/code": b"2"}
    assert not salvage("pack", "none")
    place.write(f"dossiers/{dossier}/package/model", b"3")
    assert not salvage("package", "changed")


def test_what_is_set_aside_is_kept_for_whoever_looks_and_its_place_is_free(place: Kind) -> None:
    digest = kept(place.store, {"a": b"1"})
    place.write(f"packages/{digest}/a", b"2")
    place.store.set_aside("packages", digest)
    (found,) = place.names("changed")
    assert place.read(f"changed/{found}") == b"2"
    assert not place.store.has("packages", digest)
    place.store.set_aside("packages", digest)
    assert kept(place.store, {"a": b"1"}) == digest
    place.store.prove("packages", digest)


def test_a_page_is_replaced_as_a_whole(place: Kind) -> None:
    path = place.store.page("loans", "nights/2026-01-09.html", "<p>one")
    assert path == "loans/nights/2026-01-09.html"
    place.store.page("loans", "nights/2026-01-09.html", "<p>two")
    assert place.names("pages/loans/nights") == ["2026-01-09.html"]
    assert place.another_machine().read_page("loans", "nights/2026-01-09.html") == b"<p>two"


@pytest.mark.parametrize(
    ("model", "path"),
    [
        ("..", "secret.html"),
        (".", "x"),
        ("loans", "../../secret.html"),
        ("loans", "../other/private.html"),
        ("loans", "nights"),
        ("loans", "nights/"),
        ("loans", ""),
        ("loans", "nights/none.html"),
        ("loans", "nights/\0.html"),
        ("loans", "/etc/passwd"),
    ],
)
def test_no_path_leads_out_of_a_models_pages(place: Kind, model: str, path: str) -> None:
    place.store.page("loans", "nights/one.html", "<p>one")
    place.write("pages/other/private.html", b"secret")
    place.write("secret.html", b"secret")
    assert place.store.read_page(model, path) is None


def test_a_store_that_was_moved_is_the_same_store(tmp_path: Path) -> None:
    store = Store(tmp_path / "store")
    digest = kept(store, {"a": b"1"})
    shutil.move(store.root, tmp_path / "elsewhere")
    assert Store(tmp_path / "elsewhere").folder("packages", digest).is_dir()
