"""The catalogue's entry for what a model is drafted from: the organisation's own, or a new one."""

from collections.abc import Sequence
from dataclasses import dataclass, replace
from pathlib import Path

from airlock.onboarding.errors import OnboardingError
from airlock.onboarding.given import Table
from airlock.onboarding.roles import Guess, ignored
from airlock.spec.catalogue import Entry, entry_names, load_entry
from airlock.spec.columns import Role

#: An entry describes a table if it lists at least this part of the table's columns.
ENOUGH = 0.5


@dataclass(frozen=True)
class Catalogued:
    """An entry, new where there was none, and what the draft writes as the purpose."""

    name: str
    purpose: str
    entry: Entry | None = None

    def protects(self, column: str) -> bool:
        """Say whether an entry that was there wants a column protected, whatever its rows are like."""
        known = self.entry.columns.get(column) if self.entry else None
        return known is not None and known.protected


def entry_of(model: str, table: Table | None, columns: Sequence[str], include: Path) -> Catalogued:
    """Return the entry that lists most of a table's columns, or a new one named as the model.

    Raises
    ------
    SpecError
        When an entry cannot be read: nobody can say then whether it is the one.
    """
    known = {} if table is None else {name: load_entry(include, name) for name in entry_names(include)}
    shares = {
        name: sum(column in entry.columns for column in columns) / len(columns)
        for name, entry in known.items()
        if table is not None and entry.connection == table.connection
    }
    best = max(shares, key=lambda name: shares[name], default=None)
    if best is None or shares[best] < ENOUGH:
        return Catalogued(model, model)
    entry = known[best]
    purposes = "; ".join(f"{name} ({sentence.rstrip('.')})" for name, sentence in entry.purposes.items())
    return Catalogued(best, f"TODO: Which of these purposes? {purposes}.", entry)


def classified_by(catalogued: Catalogued, found: Sequence[Guess], needed: Sequence[str]) -> tuple[Guess, ...]:
    """Return the columns as an entry that was there already sees them.

    Parameters
    ----------
    needed
        The columns without which there is no model.

    Raises
    ------
    OnboardingError
        When the entry forbids one of them, or does not know it.
    """
    entry = catalogued.entry
    if entry is None:
        return tuple(found)
    by_entry = tuple(_as_known(guess, entry, catalogued.name) for guess in found)
    for guess in by_entry:
        if guess.look.name in needed and guess.role is Role.IGNORED:
            whom = f"{entry.responsible.name} ({entry.responsible.email})"
            wrong = f"the column {guess.look.name!r}: {guess.because}, and there is no model without it."
            raise OnboardingError("SOURCE", wrong, f"Ask {whom}.")
    return by_entry


def _as_known(guess: Guess, entry: Entry, name: str) -> Guess:
    known = entry.columns.get(guess.look.name)
    if known is None:
        return ignored(guess, f"the catalogue's {name} does not list it")
    as_classified = replace(guess, classification=known.classification)
    if known.forbidden:
        return ignored(as_classified, f"forbidden by the catalogue's {name}")
    if known.protected and guess.look.kind is not None:
        return replace(as_classified, role=Role.PROTECTED, because=f"protected by the catalogue's {name}")
    return as_classified
