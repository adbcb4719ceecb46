"""The page: the whole evidence as one HTML file that needs nothing else, neither script nor network."""

from collections.abc import Mapping
from functools import cache
from pathlib import Path
from typing import Any

from jinja2 import ChainableUndefined, Environment, FileSystemLoader

from airlock.digests import digest_of
from airlock.dossier import reading
from airlock.dossier.plots.gallery import Gallery
from airlock.dossier.sections import SECTIONS
from airlock.dossier.words import FILTERS, ORIGINS, UNDEFINED, clean
from airlock.settings import settings


class Absent(ChainableUndefined):
    """What the evidence does not hold: shown as not defined rather than as nothing."""

    def __str__(self) -> str:
        return UNDEFINED


def page(evidence: Mapping[str, Any], gallery: Gallery, provenance: Mapping[str, Any]) -> str:
    """Return the dossier's page.

    Parameters
    ----------
    evidence
        What `airlock.evaluation.evidence.evidence` returned.
    gallery
        The pictures of the same evidence.
    provenance
        The chosen package's provenance.
    """
    facts = reading.whole(evidence)
    text = _environment(settings().templates / "dossier").get_template("dossier.html.j2").render(
        e=facts,
        chosen=reading.chosen(facts),
        evidence_digest=digest_of(evidence),
        gallery=gallery,
        provenance=provenance,
        sections=SECTIONS,
        origins=ORIGINS,
        reading=reading,
    )  # fmt: skip
    return clean(text)


@cache
def _environment(folder: Path) -> Environment:
    environment = Environment(
        loader=FileSystemLoader(folder),
        autoescape=True,
        undefined=Absent,
        trim_blocks=True,
        lstrip_blocks=True,
        auto_reload=False,
    )
    environment.filters.update({name: _of_known(spelled) for name, spelled in FILTERS.items()})
    return environment


def _of_known(spelled: Any) -> Any:
    """Return a filter that takes what is absent for None."""

    def spell(value: Any, *more: Any) -> Any:
        return spelled(None if isinstance(value, Absent) else value, *more)

    return spell
