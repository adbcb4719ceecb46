"""The folder: everything under one digest, the same for the same evidence, and proved to the byte."""

import json
import shutil
from io import BytesIO
from pathlib import Path
from typing import Any

import pytest
from docx import Document

from airlock.digests import digest_of, digest_of_folder
from airlock.dossier.errors import DossierError
from airlock.dossier.folder import contents, keep_dossier
from airlock.dossier.proof import prove_dossier
from airlock.package.package import Package
from airlock.store import Store, StoreError
from tests.airlock.dossier.evidence import PROVENANCE, binary, hostile, unexamined
from tests.airlock.loans import loan_spec, loans
from tests.airlock.packaging import fit_and_build

FILES = ("data_card.md", "dossier.html", "dossier.json", "model_card.docx", "model_card.md")


@pytest.fixture(scope="module")
def package(tmp_path_factory: pytest.TempPathFactory) -> Package:
    return fit_and_build(loan_spec(), "linear", loans(400), tmp_path_factory.mktemp("made"))[1]


@pytest.fixture(scope="module")
def kept(package: Package) -> str:
    return keep_dossier(Store(package.folder.parents[1]), facts_of(package), package)


@pytest.fixture
def store(package: Package, kept: str, tmp_path: Path) -> Store:
    """A copy of the store that a test may spoil."""
    return Store(shutil.copytree(package.folder.parents[1], tmp_path / "store"))


def facts_of(package: Package) -> dict[str, Any]:
    return binary(package=package.digest)


def proved(store: Store, digest: str, package: Package, **changes: str) -> Path:
    said = {"package_digest": package.digest, "evidence_digest": digest_of(facts_of(package))}
    return prove_dossier(store, digest, **said | changes)


def test_it_holds_the_page_the_evidence_the_cards_and_the_model(
    store: Store, kept: str, package: Package
) -> None:
    folder = proved(store, kept, package)
    assert {path.name for path in folder.iterdir()} == {*FILES, "package"}
    assert digest_of_folder(folder / "package") == package.digest
    assert json.loads((folder / "dossier.json").read_bytes()) == facts_of(package)


def test_keeping_it_again_gives_the_same_digest(package: Package, kept: str) -> None:
    assert keep_dossier(Store(package.folder.parents[1]), facts_of(package), package) == kept


def test_the_same_evidence_gives_the_same_bytes_whenever_it_is_written(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    first = contents(binary(), PROVENANCE)
    # A zip file's clock has steps of two seconds: another hour stands for waiting.
    monkeypatch.setattr("zipfile.time.localtime", lambda *_: (2031, 1, 2, 3, 4, 5, 0, 0, 0))
    assert contents(binary(), PROVENANCE) == first


@pytest.mark.parametrize("file", [*FILES, "package/model.skops", "package/signature.json"])
def test_one_changed_byte_is_found(store: Store, kept: str, package: Package, file: str) -> None:
    place = store.root / "dossiers" / kept / file
    content = bytearray(place.read_bytes())
    content[-1] ^= 1
    place.write_bytes(content)
    with pytest.raises(StoreError, match="was changed"):
        proved(store, kept, package)


def test_a_file_that_was_added_or_removed_is_found(store: Store, kept: str, package: Package) -> None:
    extra = store.root / "dossiers" / kept / "note.txt"
    extra.write_text("approved!")
    with pytest.raises(StoreError, match="was changed"):
        proved(store, kept, package)
    extra.unlink()
    proved(store, kept, package)
    (store.root / "dossiers" / kept / "model_card.md").unlink()
    with pytest.raises(StoreError, match="was changed"):
        proved(store, kept, package)


@pytest.mark.parametrize(
    ("changes", "what"),
    [({"package_digest": "0" * 64}, "model"), ({"evidence_digest": "0" * 64}, "evidence")],
)
def test_a_record_that_speaks_of_something_else_is_found(
    store: Store, kept: str, package: Package, changes: dict[str, str], what: str
) -> None:
    with pytest.raises(DossierError, match=f"holds the {what} .* record says 000000000000"):
        proved(store, kept, package, **changes)


def test_the_package_that_would_serve_is_proved_too(store: Store, kept: str, package: Package) -> None:
    (store.root / "packages" / package.digest / "provenance.json").write_bytes(b"{}")
    with pytest.raises(StoreError, match="packages .* was changed"):
        proved(store, kept, package)


def test_a_dossier_that_is_gone_is_said(store: Store, package: Package) -> None:
    with pytest.raises(StoreError, match="dossiers 000000000000 is not in the evidence store"):
        proved(store, "0" * 64, package)


def test_the_word_document_is_the_card_with_its_pictures() -> None:
    document = Document(BytesIO(contents(binary(), PROVENANCE)["model_card.docx"]))
    headings = [one.text for one in document.paragraphs if one.style.name.startswith(("Heading", "Title"))]
    assert headings == [
        "Model card: Credit default risk", "Model details", "Intended use", "Factors", "Metrics",
        "Evaluation data", "Training data", "Quantitative analyses", "Ethical considerations",
        "Caveats and recommendations",
    ]  # fmt: skip
    assert len(document.inline_shapes) == 9
    assert document.core_properties.modified.isoformat() == "2026-11-01T00:00:00+00:00"


def test_the_markdown_card_holds_no_markup_from_the_data() -> None:
    text = contents(hostile(), PROVENANCE)["model_card.md"].decode()
    assert "<" not in text and "](" not in text and "https://evil" not in text


def test_the_card_says_what_was_not_examined() -> None:
    text = contents(unexamined(), PROVENANCE)["model_card.md"].decode()
    assert "Not examined: decision, inspection, quarantine, fairness" in text


def test_control_characters_break_no_file() -> None:
    facts = binary(cause="a\x00b\x1bc")
    assert all(contents(facts, PROVENANCE).values())
