"""The table of attacks in docs/security.md and the tests that play them name each other."""

import ast
import re
from collections.abc import Iterator
from pathlib import Path

import pytest

from airlock.settings import ROOT

PAGE = (ROOT / "docs" / "security.md").read_text(encoding="utf-8")
ROW = re.compile(r"^\| (\d+) \|(.+)\|$", re.MULTILINE)
NAMED = re.compile(r"`(tests/[\w/]+\.py)::(test_\w+)`")
HERE = Path(__file__).parent


def played_in(file: Path) -> Iterator[tuple[str, str]]:
    """Yield the tests of a file, as the table names them."""
    for node in ast.parse(file.read_text(encoding="utf-8")).body:
        if isinstance(node, ast.FunctionDef) and node.name.startswith("test_"):
            yield file.relative_to(ROOT).as_posix(), node.name


def rows() -> list[tuple[int, list[str]]]:
    return [(int(number), [cell.strip() for cell in rest.split("|")]) for number, rest in ROW.findall(PAGE)]


def test_there_are_enough_attacks_and_they_are_numbered() -> None:
    assert len(rows()) >= 15
    assert [number for number, _ in rows()] == list(range(1, len(rows()) + 1))


@pytest.mark.parametrize(("number", "cells"), rows(), ids=lambda value: str(value)[:2])
def test_each_says_who_what_happens_where_it_is_recorded_and_which_test_plays_it(
    number: int, cells: list[str]
) -> None:
    assert len(cells) == 5 and all(cells)
    assert NAMED.search(cells[-1])


def test_every_test_that_is_named_is_there() -> None:
    named = set(NAMED.findall(PAGE))
    there = {test for file, _ in named if (ROOT / file).exists() for test in played_in(ROOT / file)}
    assert named - there == set()


def test_every_attack_that_is_played_here_is_in_the_table() -> None:
    played = {test for file in HERE.glob("test_*.py") if file != Path(__file__) for test in played_in(file)}
    assert played - set(NAMED.findall(PAGE)) == set()
