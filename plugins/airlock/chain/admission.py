"""Admission: whether a model may be trained at all, before any of its data are read."""

from collections.abc import Callable
from dataclasses import dataclass
from pathlib import Path
from typing import Any, TypeVar

from airlock.evaluation.figures import to_json
from airlock.spec import ModelSpec, SpecError, load_policy
from airlock.spec.catalogue import Entry, entry_for
from airlock.spec.impact import IMPACT_FILE, Impact, load_impact
from airlock.spec.policy import Tier

ADMISSIONS = "admissions"
T = TypeVar("T")


class AdmissionError(Exception):
    """A model may not be trained; carries what is wrong with each of the files that speak of it."""

    def __init__(self, refusals: tuple[SpecError, ...]) -> None:
        super().__init__(refusals)
        self.refusals = refusals

    def __str__(self) -> str:
        return "\n".join(map(str, self.refusals))


@dataclass(frozen=True)
class Admission:
    """What a model was admitted on."""

    spec: ModelSpec
    impact: Impact | None
    entry: Entry | None

    def to_json(self) -> dict[str, Any]:
        """Return the impact assessment, what the catalogue says, and the columns that are let through."""
        return {
            "impact": self.impact and to_json(self.impact.model_dump(mode="json")),
            "catalogue": self._catalogue(),
            "exceptions": [
                {"column": name, "role": str(column.role), "because": column.feature_because}
                for name, column in self.spec.data.columns.items()
                if column.feature_because
            ],
        }

    def _catalogue(self) -> dict[str, Any] | None:
        use = self.spec.data.catalogue
        if use is None or self.entry is None:
            return None
        return {
            "source": use.source,
            "title": self.entry.title,
            "purpose": use.purpose,
            "responsible": self.entry.responsible.model_dump(mode="json"),
        }


def admit(spec: ModelSpec, *, include: Path) -> Admission:
    """Hold a spec against the catalogue, and its impact assessment against its tier's policy.

    Parameters
    ----------
    include
        The folder that holds models/, policies/ and catalogue/.

    Raises
    ------
    AdmissionError
        When the catalogue refuses it or the assessment is not complete; with every problem found.
    """
    refusals: list[SpecError] = []
    entry = _kept(lambda: entry_for(spec, include), refusals)
    impact = _kept(lambda: _assessed(spec, include), refusals)
    if refusals:
        raise AdmissionError(tuple(refusals))
    return Admission(spec, impact, entry)


def _assessed(spec: ModelSpec, include: Path) -> Impact | None:
    file = include / "models" / spec.name / IMPACT_FILE
    return load_impact(file, load_policy(include, Tier(spec.risk_tier)).impact, spec.risk_tier)


def _kept(look: Callable[[], T], refusals: list[SpecError]) -> T | None:
    """Return what is looked at, or keep why it is refused, so that all of it can be told at once."""
    try:
        return look()
    except SpecError as refusal:
        refusals.append(refusal)
        return None
