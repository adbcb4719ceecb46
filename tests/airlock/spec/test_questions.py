"""Questions that stand in a file: nothing can be done with it before they are answered."""

from pathlib import Path

import pytest

from airlock.spec import SpecError
from airlock.spec.catalogue import Entry
from airlock.spec.load import load_model
from airlock.spec.parse import parse
from airlock.spec.questions import open_questions
from tests.airlock.spec.conftest import MODEL


def told(include: Path) -> list[str]:
    with pytest.raises(SpecError) as caught:
        load_model(include, MODEL)
    return [str(problem) for problem in caught.value.problems]


def replace(include: Path, *pairs: tuple[str, str]) -> None:
    file = include / "models" / MODEL / "model.yaml"
    text = file.read_text(encoding="utf-8")
    for old, new in pairs:
        assert old in text
        text = text.replace(old, new, 1)
    file.write_text(text, encoding="utf-8")


def test_a_question_is_told_in_the_words_it_is_asked_in(include: Path) -> None:
    replace(include, ("title: Credit default risk", 'title: "TODO: How do people\n  call it?"'))
    assert told(include) == ["title: is not answered yet. How do people call it?"]


def test_a_value_that_does_not_fit_is_not_told_where_a_question_stands(include: Path) -> None:
    replace(
        include,
        ("risk_tier: high", 'risk_tier: "TODO: How much harm can it do?"'),
        ("outcome_delay: 90d", 'outcome_delay: "TODO: How long until it is known?"'),
        ("people: 2", "people: two"),
    )
    first, second, other = told(include)
    assert first == "risk_tier: is not answered yet. How much harm can it do?"
    assert second == "data.outcome_delay: is not answered yet. How long until it is known?"
    assert other.startswith("approval.people: 'two' does not fit.")


def test_a_question_stands_in_a_list_too() -> None:
    asked = {"harms": [{"severity": "low"}, {"severity": "TODO: low, medium or high?"}]}
    assert [str(one) for one in open_questions(asked)] == [
        "harms.1.severity: is not answered yet. low, medium or high?"
    ]


def test_a_question_without_words_is_one() -> None:
    (question,) = open_questions({"purpose": "TODO:"})
    assert str(question) == "purpose: is not answered yet. Write the answer in its place."


def test_an_answer_that_speaks_of_things_to_do_is_none() -> None:
    assert not list(open_questions({"purpose": "Sort what is TODO: by date.", "who": "todo: nobody"}))


def test_the_catalogue_asks_as_well(tmp_path: Path) -> None:
    file = tmp_path / "lending.yaml"
    file.write_text(
        'title: Lending\nresponsible: {name: "TODO: Who answers for it?", email: a@b.example}\n'
        "purposes: {credit: Decide whether a loan is granted.}\ncolumns: {a: {classification: business}}\n"
    )
    with pytest.raises(SpecError, match="responsible.name: is not answered yet. Who answers for it?"):
        parse(file, Entry)
