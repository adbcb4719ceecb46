"""The records and the log tell the same story: what one says happened, the other says too, in equal words."""

import json
from collections.abc import Iterator, Mapping
from typing import Any

import sqlalchemy as sa
from sqlalchemy.engine import Connection

from airlock.audit.finding import Finding, about, named
from airlock.audit.tellings import TELLINGS, Telling
from airlock.digests import digest_of, short
from airlock.governance import audit_log
from airlock.governance.audit_log import Entry
from airlock.governance.tables import audit_log as table
from airlock.governance.tables import candidates

Key = tuple[str, ...]

#: Columns of a row of the log that are no facts of it.
COLUMNS = ("actor", "model", "moment")
#: A fact of the rows that the migration wrote of what was recorded before there was a log.
TAKEN_OVER = "taken_over"
#: A candidate's evidence is large: no more are in memory together.
EVIDENCE_AT_ONCE = 10


def compare(conn: Connection) -> tuple[Finding, ...]:
    """Return where records and log contradict each other, or one is silent."""
    contradictions = (finding for telling in TELLINGS for finding in _compare(conn, telling))
    return (*contradictions, *_changed_evidence(conn))


def _compare(conn: Connection, telling: Telling) -> list[Finding]:
    rows = map(dict, conn.execute(telling.records).mappings())
    recorded = {key: row for row in rows for key in _keys(telling, row)}
    told = {
        key: entry
        for entry in audit_log.entries(conn, table.c.act.in_(telling.acts))
        if isinstance(entry.facts, Mapping)
        for key in _keys(telling, entry.facts)
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


def _changed_evidence(conn: Connection) -> Iterator[Finding]:
    """Yield the candidates whose evidence does not have its digest, which is the one that the log tells."""
    text = sa.cast(candidates.c.evidence, sa.Text).label("text")
    query = sa.select(*candidates.c["id", "model", "evidence_digest"], text).order_by(candidates.c.id)
    with conn.execute(query, execution_options={"yield_per": EVIDENCE_AT_ONCE}) as result:
        for row in result:
            if (actual := _digest(row.text)) != row.evidence_digest:
                yield Finding(
                    f"The evidence of candidate {row.id} of {row.model} was changed: its digest is "
                    f"{short(actual)}, recorded was {short(row.evidence_digest)}."
                )


def _digest(text: str) -> str:
    """Return the digest of what a JSON text says; of one that nobody can read, its own."""
    try:
        return digest_of(json.loads(text))
    except (ValueError, RecursionError):
        return digest_of(text)


def _said(telling: Telling, record: Mapping[str, Any], entry: Entry) -> dict[str, Any]:
    """Return what the row says otherwise than the record, by its name.

    A row about what happened before there was a log says less, and is held to what it says.
    """
    partly = entry.facts.get(TAKEN_OVER) is True
    asked = [
        name
        for name in record
        if name not in telling.key and (not partly or name in {*entry.facts, *COLUMNS})
    ]
    said = {name: getattr(entry, name) if name in COLUMNS else entry.facts.get(name) for name in asked}
    return {name: value for name, value in said.items() if value != record[name]}


def _keys(telling: Telling, facts: Mapping[str, Any]) -> list[Key]:
    match [facts.get(name) for name in telling.key]:
        case [list() as several]:
            return [(repr(one),) for one in several]
        case key:
            return [tuple(map(repr, key))]


def _name(telling: Telling, key: Key) -> str:
    numbered = ", ".join(f"{name} {value}" for name, value in zip(telling.key, key, strict=True))
    return f"The {telling.noun} ({numbered})"
