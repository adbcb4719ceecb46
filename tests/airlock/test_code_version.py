"""The code's version is the commit, and says when files differ from it."""

import subprocess
from collections.abc import Callable, Iterator
from pathlib import Path

import pytest

from airlock import code_version as module

Git = Callable[..., str]


@pytest.fixture
def git(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Iterator[Git]:
    """A checkout of its own in place of this one."""

    def run(*arguments: str) -> str:
        who = ["-c", "user.name=Dana", "-c", "user.email=dana@airlock.example"]
        command = ["git", "-C", str(tmp_path), *who, *arguments]
        return subprocess.run(command, check=True, capture_output=True, text=True).stdout.strip()

    monkeypatch.setattr(module, "ROOT", tmp_path)
    module.code_version.cache_clear()
    yield run
    module.code_version.cache_clear()


@pytest.fixture
def commit(git: Git, tmp_path: Path) -> str:
    git("init", "--quiet")
    (tmp_path / "code.py").write_text("A = 1\n")
    git("add", "code.py")
    git("commit", "--quiet", "--message", "first")
    return git("rev-parse", "HEAD")


def test_it_is_the_commit(commit: str) -> None:
    assert module.code_version() == commit


def test_a_changed_file_is_told(commit: str, tmp_path: Path) -> None:
    (tmp_path / "code.py").write_text("A = 2\n")
    assert module.code_version() == f"{commit}+changes"


def test_a_file_that_git_does_not_know_is_no_change(commit: str, tmp_path: Path) -> None:
    (tmp_path / "notes.txt").write_text("nothing")
    assert module.code_version() == commit


def test_outside_of_git_it_is_not_known(git: Git) -> None:
    assert module.code_version() == "unknown"


def test_without_git_it_is_not_known(commit: str, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("PATH", str(tmp_path))
    assert module.code_version() == "unknown"
