"""The page: everything an approver decides by, in that order, and nothing that is not told as it is."""

import re
from collections.abc import Callable
from html.parser import HTMLParser
from typing import Any

import pytest

from airlock.digests import digest_of
from airlock.dossier.page import page
from airlock.dossier.plots.gallery import gallery
from airlock.dossier.reading import PARTS
from airlock.dossier.sections import SECTIONS
from airlock.settings import settings
from tests.airlock.dossier.evidence import (
    PROVENANCE,
    binary,
    hostile,
    multiclass,
    refused,
    regression,
    unexamined,
)

EVERY = (binary, refused, unexamined, regression, multiclass, hostile)


def rendered(facts: dict[str, Any]) -> str:
    return page(facts, gallery(facts), PROVENANCE)


def visible(text: str) -> str:
    """Return the words of a page, without its style and its pictures."""
    body = re.sub(r"<style>.*?</style>|<svg.*?</svg>", " ", text, flags=re.DOTALL)
    return " ".join(re.sub(r"<[^>]+>", " ", body).split())


def section(text: str, key: str) -> str:
    """Return one section of a page."""
    return text.split(f'<section id="{key}"')[1].split("</section>")[0]


class Tags(HTMLParser):
    """Which elements and attributes a page has, and which are never closed."""

    VOID = ("meta", "br", "link", "img")

    def __init__(self) -> None:
        super().__init__()
        self.seen: set[str] = set()
        self.attributes: list[tuple[str, str | None]] = []
        self.open: list[str] = []

    def handle_starttag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:
        self.seen.add(tag)
        self.attributes += attrs
        if tag not in self.VOID:
            self.open.append(tag)

    def handle_endtag(self, tag: str) -> None:
        assert self.open.pop() == tag


def test_the_sections_come_in_the_order_in_which_one_decides() -> None:
    text = rendered(binary())
    places = [text.index(f'<section id="{section.key}"') for section in SECTIONS]
    assert places == sorted(places)
    assert all(f'href="#{section.key}"' in text for section in SECTIONS)


def test_every_section_has_its_template_and_the_reverse() -> None:
    files = {file.name for file in (settings().templates / "dossier" / "sections").iterdir()}
    assert files == {f"{section.key}.html.j2" for section in SECTIONS}


def test_the_head_says_what_yes_means_who_trained_it_and_why() -> None:
    head = visible(rendered(binary()).split("<nav")[0])
    for words in (
        "Credit default risk",
        "✓ Every gate was passed",
        "A clerk looks at the application by hand",
        "dana, because: income has drifted",
        "version 3",
        "high",
    ):
        assert words in head


def test_failed_gates_come_first_and_are_counted() -> None:
    text = rendered(refused())
    assert "✗ 2 gates failed" in text
    words = visible(section(text, "verdicts"))
    assert words.index("✗&nbsp;FAILED Ranking roc_auc") < words.index("✓&nbsp;passed")
    assert "membership_auc has no figure" in words and "not defined" in words


def test_a_verdict_has_its_value_interval_limit_and_whose_limit_it_is() -> None:
    words = visible(section(rendered(binary()), "verdicts"))
    assert "0.742 0.724 to 0.759 ≥ 0.700 policy" in words
    assert "0.112 0.094 to 0.129 ≤ 0.160 spec" in words


def test_every_finding_is_shown() -> None:
    words = visible(section(rendered(binary()), "worries"))
    assert all(finding["sentence"] in words for finding in binary()["findings"])


def test_how_sure_the_comparison_is() -> None:
    words = visible(section(rendered(binary()), "comparison"))
    assert "0.018 better than the champion on the same rows (difference 0.004 to 0.031)" in words
    assert "in 99.6 % of the resamples" in words


def test_groups_too_small_to_judge_are_named() -> None:
    words = visible(section(rendered(binary()), "fairness"))
    assert "male, south too small to judge 18" in words


def test_what_was_not_examined_is_said_to_be_so() -> None:
    text = rendered(unexamined())
    for one in SECTIONS:
        said = "Not examined." in section(text, one.key)
        assert said or one.key in ("verdicts", "worries", "comparison", "lineage")


@pytest.mark.parametrize("part", PARTS)
def test_any_part_alone_may_be_missing(part: str) -> None:
    for facts in (binary(**{part: None}), {key: value for key, value in binary().items() if key != part}):
        assert "Not examined." in page(facts, {}, PROVENANCE) or part == "data_drift"


@pytest.mark.parametrize("make", EVERY)
def test_it_is_whole_html_that_loads_and_runs_nothing(make: Callable[[], dict[str, Any]]) -> None:
    text = rendered(make())
    tags = Tags()
    tags.feed(text)
    assert tags.open == []
    assert not tags.seen & {"script", "link", "img", "iframe", "object", "form", "base"}
    links = [value for name, value in tags.attributes if name in ("href", "src", "xlink:href")]
    assert links and all(str(value).startswith("#") for value in links)
    assert not [name for name, _ in tags.attributes if name.startswith("on")]


@pytest.mark.parametrize("make", EVERY)
def test_no_id_is_there_twice(make: Callable[[], dict[str, Any]]) -> None:
    ids = re.findall(r'\bid="([^"]+)"', rendered(make()))
    assert len(ids) == len(set(ids))


def test_no_figure_of_a_regression_is_called_a_probability() -> None:
    text = section(rendered(regression()), "quality")
    assert "Predicted (bikes)" in text and "Probability the model gave" not in text


def test_the_digests_stand_at_the_end() -> None:
    facts = binary()
    words = section(rendered(facts), "lineage")
    for value in (digest_of(facts), facts["package"], facts["snapshot"]["digest"], facts["spec_digest"]):
        assert value in words
    assert "scikit-learn 1.9.0" in words
