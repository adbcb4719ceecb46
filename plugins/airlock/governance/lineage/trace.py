"""Tracing: from the name of a thing to the tree of where it comes from and what came of it."""

import re
import uuid
from collections.abc import Callable, Iterator, Mapping
from contextlib import contextmanager
from dataclasses import asdict
from typing import Any

import sqlalchemy as sa
from sqlalchemy.engine import Connection

from airlock.digests import short
from airlock.governance import batch_answers, batches, candidates
from airlock.governance.candidates import Candidate
from airlock.governance.lineage import records, stored
from airlock.governance.lineage.thing import LineageError, Thing, moment
from airlock.governance.retention import DecisionDeleted
from airlock.governance.tables import candidates as candidates_table
from airlock.governance.tables import predictions, quarantine
from airlock.settings import settings
from airlock.spec import SpecError, load_model
from airlock.store import Store, StoreError

#: At most so many predictions of one entity are listed, the newest ones; all of them are counted.
MOST_PREDICTIONS = 100
DIGEST = re.compile(r"[0-9a-f]{64}")


def trace(conn: Connection, store: Store, kind: str, name: str) -> Thing:
    """Return a thing with where it comes from and what came of it.

    Parameters
    ----------
    kind, name
        `prediction` and its id, `entity` and `<model>/<key>`, `version` and `<model>/<number>`, `snapshot`,
        `dossier` or `package` and the digest, or `source` and a connection, a path or a function.

    Raises
    ------
    LineageError
        When there is no such thing.
    """
    if kind not in KINDS:
        raise LineageError(f"{kind!r} is no kind of thing. Write one of: {', '.join(KINDS)}.")
    return KINDS[kind](conn, store, name)


def of_prediction(conn: Connection, store: Store, name: str) -> Thing:
    """Trace a prediction back to the source of what answered it."""
    try:
        number = uuid.UUID(name)
    except ValueError:
        raise LineageError(f"{name!r} is no id of a prediction, which the scoring API returns.") from None
    row = conn.execute(sa.select(predictions).where(predictions.c.id == number)).mappings().one_or_none()
    found = _of_a_batch(conn, store, number) if row is None else dict(row)
    if found is None:
        raise LineageError(f"No prediction {number} is in the log, and none of a batch.")
    return _prediction(found, _made_of(conn, store, found["model"], found["version"]))


def of_entity(conn: Connection, store: Store, name: str) -> Thing:
    """Return an entity's predictions, its rows at fault, and the snapshots it stands in."""
    model, key = _pair(name, "entity", "<model>/<key>")
    chosen = (predictions.c.model == model, predictions.c.entity_key == key)
    logged = conn.execute(sa.select(sa.func.count()).select_from(predictions).where(*chosen)).scalar_one()
    newest = sa.select(predictions).where(*chosen).order_by(predictions.c.scored_at.desc())
    with _told_as_lineage():
        nightly = [asdict(one) for one in batch_answers.of_entity(conn, store, model, key)]
    both = [*nightly, *conn.execute(newest.limit(MOST_PREDICTIONS)).mappings()]
    both.sort(key=lambda row: row["scored_at"], reverse=True)
    rows, answered = logged + len(nightly), [_prediction(row) for row in both[:MOST_PREDICTIONS]]
    learned = tuple(stored.snapshots_with(store, model, _key_column(model), key))
    held = tuple(_held(conn, model, key))
    told = (
        f"{rows:,} predictions{f' (the newest {len(answered)} below)' if rows > len(answered) else ''}, in "
        f"{len(learned)} snapshots, {len(held)} rows at fault."
    )
    facts = {"predictions": rows, "snapshots": len(learned), "quarantined": len(held)}
    return Thing("entity", name, told, facts, (*answered, *held, *learned))


def of_version(conn: Connection, store: Store, name: str) -> Thing:
    """Return a version with what it was made of and what came of it."""
    model, number = _pair(name, "version", "<model>/<number>")
    found = candidates.find_version(conn, model, int(number)) if number.isdecimal() else None
    if found is None:
        raise LineageError(f"{model} has no registered version {number} on record.")
    return _whole(conn, store, found)


def of_snapshot(conn: Connection, store: Store, digest: str) -> Thing:
    """Return a snapshot with its source, and what learned from it."""
    found = _with(conn, candidates_table.c.snapshot_digest == digest)
    kept = records.snapshot(conn, store, digest) if DIGEST.fullmatch(digest) else None
    if kept is None or not (found or kept.facts["proved"]):
        raise LineageError(_unknown("snapshot", digest))
    learned = tuple(records.thing_of(one, records.led_to(conn, one)) for one in found)
    return Thing(kept.kind, digest, kept.sentence, kept.facts, (*kept.parts, *learned))


def of_package(conn: Connection, store: Store, digest: str) -> Thing:
    """Return a package with the candidates that it is."""
    return _of_digest(conn, store, "package", digest, candidates_table.c.package_digest)


def of_dossier(conn: Connection, store: Store, digest: str) -> Thing:
    """Return a dossier with the candidate that it is about."""
    return _of_digest(conn, store, "dossier", digest, candidates_table.c.dossier_digest)


def of_source(conn: Connection, store: Store, name: str) -> Thing:
    """Return every snapshot that was read from a source, and what learned from each."""
    read = stored.snapshots_of_source(store, name)
    if not read:
        raise LineageError(f"No snapshot was read from {name}. Name a connection, a path or a function.")
    parts = []
    for one in read:
        found = _with(conn, candidates_table.c.snapshot_digest == one.id)
        learned = tuple(records.thing_of(candidate, records.led_to(conn, candidate)) for candidate in found)
        parts.append(Thing(one.kind, one.id, one.sentence, one.facts, learned))
    return Thing("source", name, f"{len(read)} snapshots were read from it.", {}, tuple(parts))


KINDS: dict[str, Callable[[Connection, Store, str], Thing]] = {
    "prediction": of_prediction,
    "entity": of_entity,
    "version": of_version,
    "snapshot": of_snapshot,
    "dossier": of_dossier,
    "package": of_package,
    "source": of_source,
}


def _whole(conn: Connection, store: Store, candidate: Candidate) -> Thing:
    parts = (*records.came_from(conn, candidate, store), *records.led_to(conn, candidate))
    return records.thing_of(candidate, parts)


def _made_of(conn: Connection, store: Store, model: str, version: int) -> tuple[Thing, ...]:
    found = candidates.find_version(conn, model, version)
    if found is None:
        missing = f"No candidate of that version is on record, although {model} answered with it."
        return (Thing("version", f"{model}/{version}", missing),)
    return (_whole(conn, store, found),)


def _of_digest(
    conn: Connection, store: Store, kind: str, digest: str, column: sa.ColumnElement[str]
) -> Thing:
    found = _with(conn, column == digest)
    if not found:
        raise LineageError(_unknown(kind, digest))
    kept = stored.proof(store, kind, digest)
    return Thing(
        kind, digest, kept.sentence, kept.facts, tuple(_whole(conn, store, candidate) for candidate in found)
    )


def _with(conn: Connection, condition: sa.ColumnElement[bool]) -> tuple[Candidate, ...]:
    return records.candidates_with(conn, condition)


def _of_a_batch(conn: Connection, store: Store, number: uuid.UUID) -> Mapping[str, Any] | None:
    with _told_as_lineage():
        found = batches.find_decision(conn, store, number)
    return None if found is None else asdict(found)


@contextmanager
def _told_as_lineage() -> Iterator[None]:
    try:
        yield
    except (StoreError, DecisionDeleted) as error:
        raise LineageError(str(error)) from None


def _prediction(row: Mapping[str, Any], parts: tuple[Thing, ...] = ()) -> Thing:
    told = (
        f"{row['model']} version {row['version']} answered {row['prediction']!r} (score {row['score']}) "
        f"about {row['entity_key'] or 'an unnamed entity'}, {moment(row['scored_at'])}, by {row['source']}, "
        f"as {row['purpose']}."
    )
    kept = ("model", "version", "source", "purpose", "entity_key", "score", "prediction", "run_key")
    moments = {name: row[name].isoformat() for name in ("scored_at", "event_time")}
    return Thing("prediction", str(row["id"]), told, {name: row[name] for name in kept} | moments, parts)


def _held(conn: Connection, model: str, key: str) -> list[Thing]:
    query = sa.select(quarantine).where(quarantine.c.model == model, quarantine.c.entity_key == key)
    return [
        Thing(
            "quarantined_row",
            str(row["id"]),
            f"{row['state'].capitalize()} since {moment(row['held_at'])}: {' '.join(row['reasons'])}",
            {"state": row["state"], "snapshot_digest": row["snapshot_digest"]},
        )
        for row in conn.execute(query.order_by(quarantine.c.id)).mappings()
    ]


def _unknown(kind: str, digest: str) -> str:
    return f"No {kind} {short(digest)} is on record. Write all 64 digits."


def _key_column(model: str) -> str:
    """Return the column that names an entity, as the spec has it now."""
    try:
        column = load_model(settings().include, model).data.entity_key
    except SpecError as error:
        raise LineageError(f"The spec of {model} cannot say which column names an entity: {error}") from None
    if column is None:
        raise LineageError(f"{model} has no data.entity_key, so its rows belong to nobody by name.")
    return column


def _pair(name: str, kind: str, form: str) -> tuple[str, str]:
    model, slash, rest = name.partition("/")
    if not slash or not model or not rest:
        raise LineageError(f"{name!r} names no {kind}. Write {kind}:{form}.")
    return model, rest
