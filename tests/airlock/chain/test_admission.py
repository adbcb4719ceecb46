"""Admission: who may be trained, why not, and what an approver is told of it."""

import json
import pickle
import shutil
from collections.abc import Callable
from pathlib import Path

import pytest

from airlock.chain.admission import AdmissionError, admit
from airlock.settings import ROOT
from airlock.spec import load_model
from airlock.spec.impact import Impact

MODEL = "credit_risk"
FORM, ENTRY = f"models/{MODEL}/impact.yaml", "catalogue/lending.yaml"
Refused = Callable[[], AdmissionError]


@pytest.fixture
def include(tmp_path: Path) -> Path:
    """A copy of the project's include folder."""
    return shutil.copytree(ROOT / "include", tmp_path / "include")


@pytest.fixture
def refused(include: Path) -> Refused:
    """The error with which the credit model is refused."""

    def refuse() -> AdmissionError:
        with pytest.raises(AdmissionError) as caught:
            admit(load_model(include, MODEL), include=include)
        return caught.value

    return refuse


def replace(file: Path, old: str, new: str) -> None:
    text = file.read_text(encoding="utf-8")
    assert old in text
    file.write_text(text.replace(old, new, 1), encoding="utf-8")


def test_an_admission_says_what_it_was_granted_on(include: Path) -> None:
    said = admit(load_model(include, MODEL), include=include).to_json()
    assert said.keys() == {"impact", "catalogue", "exceptions"}
    assert said["catalogue"] == {
        "source": "lending",
        "title": "Lending",
        "purpose": "credit_decisions",
        "responsible": {"name": "Greta Lindholm", "email": "greta@airlock.example"},
    }
    assert list(said["impact"]) == list(Impact.model_fields)
    assert {harm["severity"] for harm in said["impact"]["harms"]} == {"high", "medium"}
    assert said["exceptions"] == []
    assert json.loads(json.dumps(said)) == said


def test_columns_that_are_let_through_are_listed_with_their_reasons(include: Path) -> None:
    because = "the price of insurance may follow the region here"
    file = include / "models" / MODEL / "model.yaml"
    replace(file, "region: {role: protected,", f"region: {{role: protected, feature_because: {because},")
    said = admit(load_model(include, MODEL), include=include).to_json()
    assert said["exceptions"] == [{"column": "region", "role": "protected", "because": because}]


def test_a_minimal_model_needs_neither(include: Path) -> None:
    folder = include / "models" / "tumour_diagnosis"
    replace(folder / "model.yaml", "risk_tier: limited", "risk_tier: minimal")
    (folder / "impact.yaml").unlink()
    said = admit(load_model(include, "tumour_diagnosis"), include=include).to_json()
    assert said == {"impact": None, "catalogue": None, "exceptions": []}


def test_a_form_nobody_asked_for_must_be_in_order_too(include: Path) -> None:
    folder = include / "models" / "tumour_diagnosis"
    replace(folder / "model.yaml", "risk_tier: limited", "risk_tier: minimal")
    replace(folder / "impact.yaml", "severity: high", "severity: none")
    with pytest.raises(AdmissionError, match=r"impact.yaml: harms.0.severity: 'none' does not fit"):
        admit(load_model(include, "tumour_diagnosis"), include=include)


def test_a_missing_form_is_refused(include: Path, refused: Refused) -> None:
    (include / FORM).unlink()
    assert f"{include / FORM}: file: is missing, and the policy of the tier high asks for" in str(refused())


def test_a_form_that_is_not_complete_for_the_tier_is_refused(include: Path, refused: Refused) -> None:
    replace(include / FORM, "contest:", "# contest:")
    text = (include / FORM).read_text().partition("# contest:")[0]
    (include / FORM).write_text(text)
    keys = [problem.key for problem in refused().refusals[0].problems]
    assert keys == ["contest", "alternatives", "consulted", "assessed_by", "assessed_on"]


def test_a_missing_entry_is_refused(include: Path, refused: Refused) -> None:
    (include / ENTRY).unlink()
    assert "data.catalogue.source: 'lending' is no entry of the catalogue. Known entries: none" in str(
        refused()
    )


def test_a_broken_entry_is_refused_in_its_own_name(include: Path, refused: Refused) -> None:
    replace(include / ENTRY, "title:", "titel:")
    assert f"{include / ENTRY}: titel: is not a key Airlock knows. Did you mean 'title'?" in str(refused())


def test_everything_that_is_wrong_is_told_at_once(include: Path, refused: Refused) -> None:
    replace(include / FORM, "legal_basis: >", "legal_bases: >")
    replace(include / ENTRY, "income: {classification: personal}", "income: {classification: sensitive}")
    error = refused()
    model = include / "models" / MODEL / "model.yaml"
    assert [(refusal.file, [one.key for one in refusal.problems]) for refusal in error.refusals] == [
        (model, ["data.columns.income.classification"]),
        (include / FORM, ["legal_bases", "legal_basis"]),
    ]
    assert len(str(error).splitlines()) == 3


def test_a_tighter_catalogue_leaves_the_spec_usable(include: Path, refused: Refused) -> None:
    """What is deployed goes on being watched: only a training is refused."""
    replace(include / ENTRY, "  income:", "  wages:")
    assert "data.columns.income: is not classified" in str(refused())
    assert load_model(include, MODEL).digest == load_model(ROOT / "include", MODEL).digest


def test_the_error_survives_the_way_between_processes(include: Path, refused: Refused) -> None:
    (include / FORM).unlink()
    error = refused()
    assert str(pickle.loads(pickle.dumps(error))) == str(error)
