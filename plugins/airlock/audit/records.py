"""The records and the log tell the same story: what one says happened, the other says too, in equal words."""

from collections.abc import Mapping
from typing import Any

from sqlalchemy.engine import Connection

from airlock.audit.finding import Finding, about, named
from airlock.audit.tellings import TELLINGS, Telling
from airlock.governance import audit_log
from airlock.governance.audit_log import Entry
from airlock.governance.tables import audit_log as table

Key = tuple[str, ...]

#: Columns of a row of the log that are no facts of it.
COLUMNS = ("actor", "model")
#: A fact of the rows that the migration wrote of what was recorded before there was a log.
TAKEN_OVER = "taken_over"


def compare(conn: Connection) -> tuple[Finding, ...]:
    """Return where records and log contradict each other, or one is silent."""
    return tuple(finding for telling in TELLINGS for finding in _compare(conn, telling))


def _compare(conn: Connection, telling: Telling) -> list[Finding]:
    recorded = {_key(telling, row): row for row in map(dict, conn.execute(telling.records).mappings())}
    told = {
        _key(telling, entry.facts): entry
        for entry in audit_log.entries(conn, table.c.act.in_(telling.acts))
        if isinstance(entry.facts, Mapping)
    }
    silent = [
        Finding(f"{_name(telling, key)} is recorded, and the log says nothing of it.")
        for key in recorded.keys() - told.keys()
    ]
    lost = [
        about(told[key], f"{_name(telling, key)} is not recorded, but {named(told[key])} tells of it.")
        for key in told.keys() - recorded.keys()
    ]
    different = [
        about(
            told[key],
            f"{_name(telling, key)} has the {name} {recorded[key][name]!r}, and {named(told[key])} says "
            f"{said!r}.",
        )
        for key in recorded.keys() & told.keys()
        for name, said in _said(telling, recorded[key], told[key]).items()
    ]
    return silent + lost + different


def _said(telling: Telling, record: Mapping[str, Any], entry: Entry) -> dict[str, Any]:
    """Return what the row says otherwise than the record, by its name.

    A row about what happened before there was a log says less, and is held to what it says.
    """
    partly = entry.facts.get(TAKEN_OVER) is True
    asked = [name for name in record if not partly or name in {*entry.facts, *COLUMNS}]
    said = {name: getattr(entry, name) if name in COLUMNS else entry.facts.get(name) for name in asked}
    return {name: value for name, value in said.items() if value != record[name]}


def _key(telling: Telling, facts: Mapping[str, Any]) -> Key:
    return tuple(repr(facts.get(name)) for name in telling.key)


def _name(telling: Telling, key: Key) -> str:
    numbered = ", ".join(f"{name} {value}" for name, value in zip(telling.key, key, strict=True))
    return f"The {telling.noun} ({numbered})"
