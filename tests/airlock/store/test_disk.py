"""What the store keeps is forced to the disk before it has its name, and the name after it."""

import os
from pathlib import Path

import pytest

from airlock.store import Store
from tests.airlock.store.stores import kept


@pytest.fixture
def told(monkeypatch: pytest.MonkeyPatch) -> list[str]:
    """What the kernel is told of files and folders, in order: each really is, too."""
    said: list[str] = []
    fsync, rename, replace = os.fsync, os.rename, os.replace

    def forced(descriptor: int) -> None:
        fsync(descriptor)
        said.append(f"force {Path(os.readlink(f'/proc/self/fd/{descriptor}')).name}")

    def renamed(source: Path, to: Path) -> None:
        rename(source, to)
        said.append(f"name {Path(to).name}")

    def replaced(source: Path, to: Path) -> None:
        replace(source, to)
        said.append(f"name {Path(to).name}")

    monkeypatch.setattr(os, "fsync", forced)
    monkeypatch.setattr(os, "rename", renamed)
    monkeypatch.setattr(os, "replace", replaced)
    return said


def test_a_folder_is_on_the_disk_before_it_has_its_name_and_its_name_after(
    tmp_path: Path, told: list[str]
) -> None:
    digest = kept(Store(tmp_path / "store"), {"a": b"1", "deep/b": b"2"})
    named = told.index(f"name {digest}")
    assert {"force a", "force deep", "force b", "force store"} <= set(told[:named])
    assert told[named + 1 :] == ["force packages"]


def test_a_value_and_a_page_are_on_the_disk_before_they_have_their_names_and_their_names_after(
    tmp_path: Path, told: list[str]
) -> None:
    store = Store(tmp_path / "store")
    digest = store.keep_json("evidence", {"a": 1})
    assert told[-2:] == [f"name {digest}.json", "force evidence"] and told[-3].startswith("force tmp")
    store.page("loans", "nights/2026-01-09.html", "<p>one")
    assert told[-2:] == ["name 2026-01-09.html", "force nights"] and told[-3].startswith("force tmp")
    assert "force loans" in told and "force pages" in told, "the folders that are new are listed on the disk"


def test_a_link_in_a_staged_folder_is_not_followed(tmp_path: Path, told: list[str]) -> None:
    (tmp_path / "outside").write_bytes(b"secret")
    store = Store(tmp_path / "store")
    with store.staging() as folder:
        (folder / "link").symlink_to(tmp_path / "outside")
        store.keep("packages", folder)
    assert "force outside" not in told
