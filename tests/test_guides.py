"""What the guides tell people to open, type, choose and fill in is there."""

import re
from pathlib import Path

import pytest

from airlock.settings import ROOT
from airlock.ui.rendering import SECTIONS

DOCS = ROOT / "docs"
GUIDES = sorted((DOCS / "guides").glob("*.md"))
by_name = pytest.mark.parametrize("guide", GUIDES, ids=lambda guide: guide.stem)


def text_of(*places: str) -> str:
    files = (path for place in places for path in sorted(ROOT.glob(place)) if path.is_file())
    return "\n".join(path.read_text(encoding="utf-8") for path in files)


MAKEFILE = text_of("Makefile")
DAGS = text_of("dags/*.py")
FORMS = DAGS + text_of("plugins/airlock/operators/*.py")
MAILS = text_of("include/templates/mail/*.txt.j2")
SETTINGS = text_of(".env.example", "docker-compose.yaml")


def test_there_is_a_guide_for_each_role() -> None:
    names = ["approver", "auditor", "data-scientist", "on-call", "operator"]
    assert [guide.stem for guide in GUIDES] == names


@by_name
def test_each_command_of_make_is_one(guide: Path) -> None:
    asked = re.findall(r"`make ([a-z-]+)", guide.read_text(encoding="utf-8"))
    assert [name for name in asked if not re.search(rf"^{name}:", MAKEFILE, re.MULTILINE)] == []


@by_name
def test_each_page_is_in_airlock_s_bar(guide: Path) -> None:
    pages = re.findall(r"\*\*Airlock > ([^*]+)\*\*", guide.read_text(encoding="utf-8"))
    assert set(pages) <= set(SECTIONS)


@by_name
def test_each_dag_is_one(guide: Path) -> None:
    text = guide.read_text(encoding="utf-8")
    named = set(re.findall(r"Dag \*\*([a-z]+)\*\*", text)) | set(re.findall(r"Dag `([a-z]+)`", text))
    of_models = set(re.findall(r"`<model>\.([a-z]+)`", text))
    assert [name for name in named if f'dag_id="{name}"' not in DAGS] == []
    assert [name for name in of_models if f'dag_id=f"{{spec.name}}.{name}"' not in DAGS] == []


@by_name
def test_each_question_stands_in_a_form(guide: Path) -> None:
    questions = re.findall(r"(?<!\*)\*([A-Z][^*\n]*\?)\*(?!\*)", guide.read_text(encoding="utf-8"))
    assert [question for question in questions if f'title="{question}"' not in FORMS] == []


@by_name
def test_each_mail_is_sent(guide: Path) -> None:
    subjects = re.findall(r"\*\[Airlock\] ([^*]+)\*", guide.read_text(encoding="utf-8"))
    for subject in subjects:
        for part in (part.strip(" :?") for part in subject.split("…")):
            assert part in MAILS


@by_name
def test_each_setting_is_one(guide: Path) -> None:
    named = set(re.findall(r"`(AIRLOCK_[A-Z_]+)", guide.read_text(encoding="utf-8")))
    assert [name for name in named if name not in SETTINGS] == []


def test_the_index_names_every_page() -> None:
    index = (DOCS / "README.md").read_text(encoding="utf-8")
    pages = [page.relative_to(DOCS).as_posix() for page in (*DOCS.glob("*.md"), *GUIDES)]
    assert [page for page in pages if page != "README.md" and f"({page})" not in index] == []
