"""Examples: which answers are the ones to expect, of the form that serves."""

from dataclasses import replace
from pathlib import Path

import pytest

from airlock.digests import canonical_json
from airlock.package.examples import LARGEST_DIFFERENCE, ROUNDING, first_unexpected
from airlock.package.package import PORTABLE_FILE, Package
from airlock.package.signature import Signature
from airlock.spec.metrics import Task

SIGNATURE = Signature("loans", Task.BINARY, (), ("false", "true"), "true")


def package(folder: Path, scores: tuple[float, ...] = (0.25, 0.75), *, portable: bool) -> Package:
    examples = [
        {"features": {}, "score": score, "prediction": "true" if score >= 0.5 else "false"}
        for score in scores
    ]
    (folder / "examples.json").write_bytes(canonical_json(examples))
    if portable:
        (folder / PORTABLE_FILE).touch()
    return Package("d" * 64, folder, SIGNATURE, {})


@pytest.mark.parametrize("portable", [True, False])
def test_the_answers_that_are_known_are_expected(tmp_path: Path, portable: bool) -> None:
    assert first_unexpected(package(tmp_path, portable=portable), [(0.25, "false"), (0.75, "true")]) is None


@pytest.mark.parametrize(("portable", "most"), [(True, LARGEST_DIFFERENCE), (False, ROUNDING)])
def test_each_form_is_held_against_its_own_tolerance(tmp_path: Path, portable: bool, most: float) -> None:
    known = package(tmp_path, portable=portable)
    assert first_unexpected(known, [(0.25, "false"), (0.75 + most * 0.9, "true")]) is None
    assert first_unexpected(known, [(0.25, "false"), (0.75 + most * 1.1, "true")]) == 1


@pytest.mark.parametrize("score", [None, "0.25", float("nan"), float("inf"), [0.25]])
def test_a_score_that_is_no_number_is_not_expected(tmp_path: Path, score: object) -> None:
    assert first_unexpected(package(tmp_path, portable=True), [(score, "false"), (0.75, "true")]) == 0


def test_another_decision_is_not_expected_however_near_the_score(tmp_path: Path) -> None:
    assert first_unexpected(package(tmp_path, portable=True), [(0.25, "false"), (0.75, "false")]) == 1


def test_a_number_may_differ_by_a_share_of_the_largest_and_is_its_own_text(tmp_path: Path) -> None:
    known = package(tmp_path, (10.0, 2000.0), portable=True)
    known = replace(known, signature=replace(SIGNATURE, task=Task.REGRESSION))
    assert first_unexpected(known, [(10.01, "10.01"), (2000.0, "2000.0")]) is None
    assert first_unexpected(known, [(10.03, "10.03"), (2000.0, "2000.0")]) == 0
    assert first_unexpected(known, [(10.0, "10.0"), (2000.0, "3000.0")]) == 1
