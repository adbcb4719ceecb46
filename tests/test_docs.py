"""What the documents tell people to write can be written."""

import json
import re
from pathlib import Path

import pytest
import yaml

from airlock.data.suite import load_suite
from airlock.settings import ROOT
from airlock.spec.data import Source

DATA = (ROOT / "docs" / "data.md").read_text(encoding="utf-8")
LINK = re.compile(r"(?<!!)\[[^\]]*\]\((?!https?://)([^)#]+)")


def blocks(language: str) -> list[str]:
    return re.findall(rf"```{language}\n(.*?)```", DATA, re.DOTALL)


@pytest.mark.parametrize("text", blocks("yaml"))
def test_the_sources_in_data_md_are_sources(text: str) -> None:
    Source.model_validate(yaml.safe_load(text)["source"])


def test_the_suite_in_data_md_is_a_suite(tmp_path: Path) -> None:
    (text,) = blocks("json")
    (tmp_path / "expectations.json").write_text(text)
    assert len(load_suite(tmp_path / "expectations.json").expectations) == len(
        json.loads(text)["expectations"]
    )


@pytest.mark.parametrize(
    "file", ["README.md", "CONTRIBUTING.md", *(f"docs/{p.name}" for p in (ROOT / "docs").glob("*.md"))]
)
def test_links_between_documents_lead_somewhere(file: str) -> None:
    text = (ROOT / file).read_text(encoding="utf-8")
    broken = [link for link in LINK.findall(text) if not (ROOT / file).parent.joinpath(link).exists()]
    assert not broken
