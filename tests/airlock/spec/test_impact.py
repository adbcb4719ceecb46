"""The impact assessment: what a tier demands must be written, and what is written must answer something."""

from datetime import date
from pathlib import Path
from typing import Any

import pytest
import yaml

from airlock.spec import SpecError
from airlock.spec.impact import Impact, filled_in, load_impact
from airlock.spec.policy import Policy

FORM: dict[str, Any] = {
    "affected": [{"who": "applicants", "how": "they may be refused"}],
    "harms": [
        {"harm": "a wrong refusal", "who": "applicants", "severity": "high", "mitigation": "a person decides"}
    ],
    "business_metric": {"name": "losses", "target": 3.5, "unit": "%"},
    "decides": {"who": "the loan officer", "override": "against the score, in writing"},
    "legal_basis": "a contract that the applicant asks for",
    "contest": "by letter; another officer hears them",
    "alternatives": "a table of points, which refused more of those who repay",
    "consulted": ["the works council"],
    "assessed_by": {"name": "Dana", "email": "dana@airlock.example"},
    "assessed_on": date(2026, 1, 15),
}
EVERYTHING = tuple(FORM)


@pytest.fixture
def file(tmp_path: Path) -> Path:
    return tmp_path / "impact.yaml"


def told(file: Path, form: dict[str, Any], demanded: tuple[str, ...] = ()) -> list[str]:
    file.write_text(yaml.safe_dump(form))
    with pytest.raises(SpecError) as caught:
        load_impact(file, demanded, "high")
    return [line.removeprefix(f"{file}: ") for line in str(caught.value).splitlines()]


def test_the_test_s_form_has_every_key() -> None:
    assert tuple(Impact.model_fields) == EVERYTHING


def test_a_form_that_says_everything_is_read(file: Path) -> None:
    file.write_text(yaml.safe_dump(FORM))
    impact = load_impact(file, EVERYTHING, "high")
    assert impact is not None
    assert impact.model_dump(mode="json") == FORM | {"assessed_on": "2026-01-15"}


def test_no_form_is_none_where_nothing_is_demanded(file: Path) -> None:
    assert load_impact(file, (), "minimal") is None


def test_no_form_is_refused_where_something_is_demanded(file: Path) -> None:
    with pytest.raises(SpecError) as caught:
        load_impact(file, ("affected", "harms"), "high")
    wrong = "is missing, and the policy of the tier high asks for affected, harms."
    assert str(caught.value) == f"{file}: file: {wrong} Write it; docs/admission.md shows one."


@pytest.mark.parametrize("key", EVERYTHING)
def test_each_key_that_is_demanded_must_be_written(file: Path, key: str) -> None:
    (line,) = told(file, {other: value for other, value in FORM.items() if other != key}, EVERYTHING)
    assert line.startswith(f"{key}: is not filled in, and the policy of the tier high asks for it. Write ")


@pytest.mark.parametrize("key", ["affected", "harms", "consulted"])
def test_an_empty_list_is_not_filled_in(file: Path, key: str) -> None:
    (line,) = told(file, FORM | {key: []}, EVERYTHING)
    assert line.startswith(f"{key}: is not filled in")


@pytest.mark.parametrize("key", ["business_metric", "decides", "legal_basis", "assessed_on"])
def test_a_key_without_a_value_is_not_filled_in(file: Path, key: str) -> None:
    (line,) = told(file, FORM | {key: None}, EVERYTHING)
    assert line.startswith(f"{key}: is not filled in")


@pytest.mark.parametrize(
    "text",
    ["", "  ", "...", "?", "-", "TODO", "todo", "Todo: ask legal", "tbd", "TBD.", "(tbd)", "To be decided",
     "n/a", "N.A. TBC", "none", "unknown", "ask legal (TODO)", "FIXME before the release", "xxx",
     "to do", "todo - ask Greta", "tbd by legal", "x", "Yes."],
)  # fmt: skip
def test_what_only_stands_for_an_answer_is_none(file: Path, text: str) -> None:
    (line,) = told(file, FORM | {"legal_basis": text})
    assert line.startswith("legal_basis: ") and "is no answer. Write it out" in line


@pytest.mark.parametrize(
    "text",
    ["todo cliente que pide un crédito", "None of them is a person.", "unknown callers",
     "to be decided about", "a methodology", "n", "Änderungen", "应用者"],
)  # fmt: skip
def test_what_only_looks_like_it_is_an_answer(text: str) -> None:
    assert filled_in(text) == text


def test_a_placeholder_is_found_wherever_it_stands(file: Path) -> None:
    form = FORM | {
        "affected": [{"who": "tbd", "how": "they may be refused"}],
        "harms": [FORM["harms"][0] | {"mitigation": "TODO"}],
        "consulted": ["the works council", "?"],
    }
    assert [line.split(": ")[0] for line in told(file, form)] == [
        "affected.0.who",
        "harms.0.mitigation",
        "consulted.1",
    ]


def test_what_is_wrong_and_what_is_missing_is_told_at_once(file: Path) -> None:
    form = {"afected": [], "harms": [FORM["harms"][0] | {"severity": "awful"}], "assessed_on": "in spring"}
    keys = [line.split(": ")[0] for line in told(file, form, ("affected", "harms", "contest"))]
    assert keys == ["harms.0.severity", "assessed_on", "afected", "affected", "contest"]


def test_a_key_it_does_not_know_is_told_with_the_one_that_was_meant(file: Path) -> None:
    (line,) = told(file, {"contets": "by letter"})
    assert "Did you mean 'contest'?" in line


def test_a_policy_demands_keys_of_the_form_only() -> None:
    fixed: dict[str, Any] = {
        "people": 1, "approval_timeout": "1d", "champion_tolerance": 0, "automatic_retraining": False,
        "drift_psi": 0.2,
    }  # fmt: skip
    assert Policy.model_validate(fixed | {"impact": EVERYTHING}).impact == EVERYTHING
    with pytest.raises(ValueError, match=r"'harm' is no key of impact.yaml\. Known keys: affected, harms"):
        Policy.model_validate(fixed | {"impact": ["harm"]})
