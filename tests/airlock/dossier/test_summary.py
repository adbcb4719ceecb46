"""The summary: one screen to decide by, which is never markup."""

from collections.abc import Callable
from typing import Any

import pytest

from airlock.dossier.summary import summary
from tests.airlock.dossier.evidence import binary, hostile, multiclass, refused, regression, unexamined

EVERY = (binary, refused, unexamined, regression, multiclass, hostile)


def test_it_says_what_is_decided_by() -> None:
    text = summary(binary())
    for words in (
        "**Yes means:** A clerk looks at the application by hand",
        "#### Gates: every one was passed",
        "#### What to worry about: 6 findings",
        "| Ranking \\(roc\\_auc\\) | 0.742 | 0.724 to 0.759 | 0.724 |",
        "**How sure.**",
        "in 99.6 % of the resamples",
        "- By sex: Gap in yes answers: 0.071 \\(0.041 to 0.101\\), between female \\(31.2 %\\)",
    ):
        assert words in text
    assert "precision" not in text, "a figure nobody decides by is for the dossier"


def test_failed_gates_come_first() -> None:
    lines = [line for line in summary(refused()).splitlines() if line.startswith(("| ✓", "| ✗"))]
    assert [line[2] for line in lines[:3]] == ["✗", "✗", "✓"]


def test_what_was_not_examined_is_named() -> None:
    text = summary(unexamined())
    assert "Not examined: decision, inspection, quarantine, fairness, proxies" in text
    assert "There is no champion to compare with: this would be the first." in text


@pytest.mark.parametrize("make", EVERY)
def test_every_table_row_has_as_many_cells_as_its_head(make: Callable[[], dict[str, Any]]) -> None:
    for block in summary(make()).split("\n\n"):
        lines = block.splitlines()
        if lines[0].startswith("| "):
            assert len({line.replace("\\|", "").count("|") for line in lines}) == 1, block


def test_nothing_in_the_data_becomes_html_or_a_link() -> None:
    text = summary(hostile())
    for markup in ("<", "](", "https://evil", "www.evil", "a@evil"):
        assert markup not in text
