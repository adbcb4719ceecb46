"""The dossier's folder: page, evidence, cards and the model's own bytes, kept under one digest."""

import shutil
from collections.abc import Mapping
from datetime import datetime
from typing import Any

from airlock.digests import canonical_json
from airlock.dossier.markdown import to_markdown
from airlock.dossier.model_card import model_card
from airlock.dossier.page import page
from airlock.dossier.plots.gallery import gallery
from airlock.dossier.proof import DOSSIERS, EVIDENCE_FILE, PACKAGE_FOLDER, PAGE_FILE
from airlock.dossier.word import to_word
from airlock.inspection.card import data_card
from airlock.package.package import Package
from airlock.store import Store

CARD_FILE, WORD_FILE, DATA_FILE = "model_card.md", "model_card.docx", "data_card.md"


def keep_dossier(store: Store, evidence: Mapping[str, Any], package: Package) -> str:
    """Write the dossier of a judged candidate, and return the digest that people decide about.

    Parameters
    ----------
    store
        Where it is kept, as `dossiers/<digest>/`.
    evidence
        What `airlock.evaluation.evidence.evidence` returned.
    package
        The chosen candidate's; its folder is copied, so that the digest stands for the model's bytes too.
    """
    files = contents(evidence, package.provenance)
    with store.staging() as folder:
        for name, content in files.items():
            (folder / name).write_bytes(content)
        shutil.copytree(package.folder, folder / PACKAGE_FOLDER)
        return store.keep(DOSSIERS, folder)


def contents(evidence: Mapping[str, Any], provenance: Mapping[str, Any]) -> dict[str, bytes]:
    """Return every file of a dossier but the package, by its name; the same evidence gives the same bytes."""
    drawn, card = gallery(evidence), model_card(evidence)
    word = to_word(
        card,
        drawn,
        author="Airlock",
        title=f"Model card: {evidence['title']}",
        written_at=datetime.fromisoformat(evidence["as_of"]),
    )
    return {
        EVIDENCE_FILE: canonical_json(evidence),
        PAGE_FILE: page(evidence, drawn, provenance).encode(),
        CARD_FILE: to_markdown(card, drawn).encode(),
        WORD_FILE: word,
        DATA_FILE: data_card(evidence).encode(),
    }
