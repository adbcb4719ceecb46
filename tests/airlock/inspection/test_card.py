"""The data card says in sentences what an inspection found, and nobody's name."""

import json
from typing import Any

import numpy as np
import pytest

from airlock.inspection.card import data_card
from airlock.inspection.inspection import inspect
from tests.airlock.inspection.lending import replaced
from tests.airlock.loans import loan_spec, loans

POPULATION = {"sex": {"f": 0.45, "m": 0.45, "x": 0.1}}
REASON = "Nobody with x has asked for a loan yet."


def evidence(**changes: Any) -> dict[str, Any]:
    inspection = {"population": POPULATION, "accept": {"representation.sex.x": REASON}}
    table = replaced(loans(600), insured=np.arange(600) < 599)
    found = inspect(loan_spec(data={"inspection": inspection}), table)
    return {
        "title": "Loans",
        "purpose": "Say which loans will default. Not for marketing.",
        "snapshot": {
            "digest": "ab" * 32,
            "rows": 600,
            "rows_without_outcome": 7,
            "as_of": "2026-03-01T00:00:00Z",
        },
        "inspection": json.loads(json.dumps(found.to_json())),
        "quarantine": {
            "held": 3,
            "released": 1,
            "dropped": 0,
            "reasons": [{"sentence": "Too rich.", "rows": 3}],
        },
        "catalogue": {
            "source": "lending",
            "title": "Lending",
            "purpose": "credit_decisions",
            "responsible": {"name": "Greta Lindholm", "email": "greta@airlock.example"},
        },
    } | changes


@pytest.fixture(scope="module")
def card() -> str:
    return data_card(evidence())


@pytest.mark.parametrize(
    "sentence",
    [
        "The rows that Loans was trained and measured on: 600.",
        "They come from Lending, lending in the catalogue. Responsible for them: Greta Lindholm.",
        "They happened from 2026-01-01 to 2026-01-25.",
        "7 more rows were left out",
        "3 rows that break an expectation were set aside",
        "Nobody with sex x, who are 10.0% of the population.",
        "**Warning.** 99.8% of the values of insured are the same.",
        f"Accepted, because: {REASON}",
        "They may serve credit decisions and nothing else",
        "Not for marketing.",
        "To look for unfair treatment and for nothing else: sex.",
    ],
)
def test_it_says_what_the_data_are(card: str, sentence: str) -> None:
    assert sentence in card


def test_it_has_every_section_once(card: str) -> None:
    sections = [line for line in card.splitlines() if line.startswith("## ")]
    assert len(sections) == len(set(sections)) == 8


def test_without_an_inspection_it_says_that_nobody_looked() -> None:
    card = data_card(evidence(inspection=None, catalogue=None, quarantine=None))
    assert "These data were not inspected" in card
    assert "The catalogue does not say where they come from" in card


def test_what_people_wrote_is_not_read_as_markup() -> None:
    card = data_card(evidence(title="<b>Loans</b> [here](http://evil.example)"))
    assert "<b>" not in card
    assert "](http" not in card
