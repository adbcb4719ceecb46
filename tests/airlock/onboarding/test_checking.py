"""`make check-models`: everything that is wrong, at once, each with its file, its key and its cure."""

import shutil
from collections.abc import Callable
from pathlib import Path

import pytest

from airlock.onboarding import check_models
from airlock.onboarding.checking import problems_in, problems_of
from airlock.settings import ROOT

CREDIT, TUMOURS = "models/credit_risk/model.yaml", "models/tumour_diagnosis/model.yaml"
Edit = Callable[[str, str, str], None]


@pytest.fixture
def include(tmp_path: Path) -> Path:
    """A copy of everything the project's people have written."""
    copied = tmp_path / "include"
    shutil.copytree(ROOT / "include", copied, ignore=shutil.ignore_patterns("__pycache__"))
    return copied


@pytest.fixture
def edit(include: Path) -> Edit:
    """Replace one text in a file."""

    def replace(file: str, old: str, new: str) -> None:
        text = (include / file).read_text(encoding="utf-8")
        assert old in text
        (include / file).write_text(text.replace(old, new, 1), encoding="utf-8")

    return replace


def told(include: Path) -> list[str]:
    found = problems_in(include)
    return [f"{error.file.relative_to(include)}: {problem}" for error in found for problem in error.problems]


def test_nothing_is_wrong_with_the_project_s_own_models(include: Path) -> None:
    assert told(include) == []


def test_what_is_wrong_in_several_files_is_told_at_once(include: Path, edit: Edit) -> None:
    edit(CREDIT, "risk_tier: high", "risk_teir: high")
    edit("models/credit_risk/expectations.json", "expect_column_values_to_be_unique", "expect_unique")
    edit(TUMOURS, "estimator: sklearn.", "estimator: skleran.")
    edit("models/tumour_diagnosis/impact.yaml", "severity: high", "severity: awful")
    edit("catalogue/lending.yaml", "title: Lending", "titel: Lending")
    edit("policies/minimal.yaml", "people: 0", "people: none")
    found = told(include)
    assert {line.split(": ")[0] for line in found} == {
        CREDIT,
        TUMOURS,
        "models/credit_risk/expectations.json",
        "models/tumour_diagnosis/impact.yaml",
        "catalogue/lending.yaml",
        "policies/minimal.yaml",
    }
    assert f"{CREDIT}: risk_teir: is not a key Airlock knows. Did you mean 'risk_tier'?" in "\n".join(found)


def test_one_broken_policy_is_told_once_however_many_models_it_breaks(include: Path, edit: Edit) -> None:
    edit("policies/limited.yaml", "people: 1", "people: one")
    (line,) = [line for line in told(include) if line.startswith("policies/limited.yaml")]
    assert "people: 'one' does not fit." in line


def test_own_code_that_is_not_there_is_told(include: Path, edit: Edit) -> None:
    edit(TUMOURS, "data.load", "data.lode")
    (line,) = told(include)
    assert "data.source.callable.function" in line and "has nothing called 'lode'" in line


def test_own_code_that_takes_something_else_is_told(include: Path, edit: Edit) -> None:
    edit("models/tumour_diagnosis/data.py", "def load(*, start", "def load(*, country, start")
    (line,) = told(include)
    assert "does not take what it is called with: missing a required argument: 'country'" in line


def test_a_suite_that_speaks_of_an_unknown_column_is_told(include: Path, edit: Edit) -> None:
    edit("models/tumour_diagnosis/expectations.json", '"column": "worst_area"', '"column": "worst_aera"')
    (line,) = told(include)
    assert "speaks of the column 'worst_aera'" in line


def test_what_the_catalogue_refuses_is_told(include: Path, edit: Edit) -> None:
    edit(CREDIT, "purpose: credit_decisions", "purpose: marketing")
    (line,) = told(include)
    assert line.startswith(
        f"{CREDIT}: data.catalogue.purpose: 'marketing' is nothing that Lending may be used for."
    )


def test_a_folder_without_a_spec_is_told(include: Path) -> None:
    (include / "models" / "forgotten").mkdir()
    assert told(include) == [
        "models/forgotten/model.yaml: file: is missing, so that the folder is no model. "
        "Write it, or remove the folder."
    ]


def test_people_who_are_not_there_are_told_once(include: Path) -> None:
    (include / "people.yaml").unlink()
    assert len([line for line in told(include) if line.startswith("people.yaml: ")]) == 1


def test_a_further_look_is_taken_at_each_spec_that_can_be_read(include: Path) -> None:
    seen: list[str] = []
    assert problems_of(include, "credit_risk", lambda spec: seen.append(spec.name)) == ()
    assert seen == ["credit_risk"]


def test_the_command_fails_and_counts(
    include: Path, edit: Edit, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    monkeypatch.setenv("AIRLOCK_INCLUDE", str(include))
    assert check_models.main() == 0
    assert capsys.readouterr().out.startswith("Nothing is wrong with credit_risk, tumour_diagnosis")
    edit(CREDIT, "alerts:\n", "alerts:\n  notify: [{notifier: no.such.Notifier}]\n")
    assert check_models.main() == 1
    said = capsys.readouterr()
    assert "alerts.notify.0: 'no.such.Notifier' cannot be imported" in said.out
    assert said.err == "1 to mend, in 1 files.\n"
