"""Moving a new model in: whole or not at all, and over nothing."""

import os
import shutil
import tempfile
from collections.abc import Iterator
from pathlib import Path

import pytest

from airlock.onboarding.errors import OnboardingError
from airlock.onboarding.new_model import main
from airlock.onboarding.staging import Staging, staging
from tests.airlock.onboarding.shop import few, own_include, write_csv

ELSEWHERE = Path("/dev/shm")


@pytest.fixture
def include(tmp_path: Path) -> Path:
    return own_include(tmp_path)


@pytest.fixture
def mounted_apart(include: Path) -> Iterator[Path]:
    """The folder of models, on another file system than the rest."""
    if not ELSEWHERE.is_dir() or ELSEWHERE.stat().st_dev == include.stat().st_dev:
        pytest.skip(f"{ELSEWHERE} is no file system of its own here")
    folder = Path(tempfile.mkdtemp(dir=ELSEWHERE))
    (include / "models").rmdir()
    (include / "models").symlink_to(folder)
    yield folder
    shutil.rmtree(folder)


def stage_both(stage: Staging) -> None:
    """Write a model and its entry, in a word each."""
    for file in (stage.models / "churn" / "model.yaml", stage.folder / "catalogue" / "churn.yaml"):
        file.parent.mkdir(parents=True, exist_ok=True)
        file.write_text("mine", encoding="utf-8")


def files_in(folder: Path) -> dict[str, str]:
    return {
        str(file.relative_to(folder)): file.read_text(encoding="utf-8")
        for part in ("models", "catalogue")
        for file in (folder / part).rglob("*.yaml")
    }


def test_both_are_moved_in(include: Path) -> None:
    with staging(include, "churn") as stage:
        stage_both(stage)
        stage.move_in("churn")
    assert files_in(include) == {"models/churn/model.yaml": "mine", "catalogue/churn.yaml": "mine"}
    assert os.stat(include / "catalogue" / "churn.yaml").st_nlink == 1


def test_models_on_another_file_system_are_refused_and_the_entry_is_taken_back(
    include: Path,
    mounted_apart: Path,
    tmp_path: Path,
    monkeypatch: pytest.MonkeyPatch,
    capsys: pytest.CaptureFixture[str],
) -> None:
    monkeypatch.setenv("AIRLOCK_INCLUDE", str(include))
    source = write_csv(tmp_path / "customers.csv", few())
    for _ in ("the first time", "and again"):
        assert main(["--name=churn", f"--source={source}", "--target=churned"]) == 1
        said = capsys.readouterr().err
        assert f"{include / 'models' / 'churn'} cannot be written: Invalid cross-device link." in said
        assert "Keep the folders of include/ on one file system. Nothing was changed." in said
    assert files_in(include) == {} and list(mounted_apart.iterdir()) == []


@pytest.mark.parametrize("taken", ["models/churn/model.yaml", "catalogue/churn.yaml"])
@pytest.mark.parametrize("when", ["before it is staged", "after"])
def test_what_a_colleague_wrote_meanwhile_stays(include: Path, taken: str, when: str) -> None:
    (include / taken).parent.mkdir(parents=True, exist_ok=True)
    if when != "after":
        (include / taken).write_text("a colleague's", encoding="utf-8")
    with (
        pytest.raises(OnboardingError, match="cannot be written: .*Somebody made it meanwhile"),
        staging(include, "churn") as stage,
    ):
        stage_both(stage)
        (include / taken).write_text("a colleague's", encoding="utf-8")
        stage.move_in("churn")
    assert files_in(include) == {taken: "a colleague's"}
