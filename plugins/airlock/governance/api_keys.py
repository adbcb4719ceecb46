"""API keys: which application may ask the scoring API what, and until when.

`python -m airlock.governance.api_keys new` makes a key, `list` shows what is on record; `make key` and
`make keys` run them. A key is 256 random bits, so that its plain SHA-256, the fingerprint, gives nothing away
and costs nothing to compare. Whoever holds the key makes it; what is recorded is the fingerprint alone.
"""

import argparse
from collections.abc import Collection, Iterable, Mapping
from dataclasses import dataclass
from datetime import UTC, datetime

import sqlalchemy as sa
from sqlalchemy.engine import Connection, Row

from airlock.governance import audit_log
from airlock.governance.engine import connect, lock
from airlock.governance.key_fields import fingerprint_of, new_key, refuse_wrong_fields
from airlock.governance.records import RecordError, record_of
from airlock.governance.tables import api_keys
from airlock.governance.tables import audit_log as log_table
from airlock.settings import database_url
from airlock.spec.scopes import Scope as Scope


@dataclass(frozen=True)
class ApiKey:
    """A key on record; `models` is None where it is for every model."""

    id: int
    client: str
    fingerprint: str
    scopes: tuple[Scope, ...]
    models: tuple[str, ...] | None
    issued_by: str
    issued_because: str
    issued_at: datetime
    expires_at: datetime | None
    revoked_by: str | None
    revoked_because: str | None
    revoked_at: datetime | None


def issue(
    conn: Connection,
    *,
    client: str,
    fingerprint: str,
    scopes: Collection[Scope],
    models: Collection[str] | None,
    expires_at: datetime | None,
    by: str,
    because: str,
    at: datetime,
    run: str | None = None,
) -> ApiKey:
    """Let a client ask with the key that has a fingerprint, once: repeating it returns the first record.

    Raises
    ------
    RecordError
        When a field is wrong, the scope is Airlock's own, or the key is on record for something else.
    """
    refuse_wrong_fields(client, fingerprint, scopes, models, expires_at, at)
    lock(conn, "api keys")
    asked = {
        "client": client,
        "fingerprint": fingerprint,
        "scopes": tuple(sorted(set(scopes))),
        "models": None if models is None else tuple(sorted(set(models))),
        "issued_by": by,
        "issued_because": because,
        "expires_at": expires_at,
    }
    known = conn.execute(sa.select(api_keys).where(api_keys.c.fingerprint == fingerprint)).one_or_none()
    if known is not None:
        return _same_or_refused(_record(known), asked)
    write = sa.insert(api_keys).values(asked | {"issued_at": at}).returning(api_keys)
    made = _record(conn.execute(write).one())
    facts = _facts(made) | {"reason": because}
    audit_log.append(conn, "key_issued", actor=by, at=at, run=run, facts=facts)
    return made


def revoke(
    conn: Connection,
    *,
    client: str,
    fingerprint: str | None,
    by: str,
    because: str,
    at: datetime,
    run: str | None = None,
) -> tuple[ApiKey, ...]:
    """End one key of a client, or all of them where no fingerprint is given, once per run, and return them.

    There is no way back.

    Raises
    ------
    RecordError
        When the client has no such key that is not revoked yet.
    """
    lock(conn, "api keys")
    meant = [api_keys.c.client == client]
    if fingerprint is not None:
        meant.append(api_keys.c.fingerprint == fingerprint)
    if done := _keys(conn, *meant, api_keys.c.fingerprint.in_(_ended(conn, run, by, because))):
        return done
    alive = [key.id for key in _keys(conn, *meant, api_keys.c.revoked_at.is_(None))]
    if not alive:
        what = "no key" if fingerprint is None else f"no key with the fingerprint {fingerprint[:12]}..."
        raise RecordError(
            f"{client}: has {what} that could be revoked, so nothing was changed. `make keys` lists all."
        )
    change = sa.update(api_keys).where(api_keys.c.id.in_(alive)).returning(api_keys)
    values = {"revoked_by": by, "revoked_because": because, "revoked_at": at}
    ended = sorted(map(_record, conn.execute(change.values(values))), key=lambda key: key.id)
    for key in ended:
        facts = {"client": client, "fingerprint": key.fingerprint, "reason": because}
        audit_log.append(conn, "key_revoked", actor=by, at=at, run=run, facts=facts)
    return tuple(ended)


def current(conn: Connection, at: datetime) -> tuple[ApiKey, ...]:
    """Return the keys that may be used as far as their own records say."""
    lasts = sa.or_(api_keys.c.expires_at.is_(None), api_keys.c.expires_at > at)
    return _keys(conn, api_keys.c.revoked_at.is_(None), lasts)


def proved(conn: Connection, keys: Collection[ApiKey]) -> frozenset[ApiKey]:
    """Return those of some keys of which the audit log says last that they were issued as they stand.

    A key that was written into the table by hand, or changed or revived there, is not among them.
    """
    if not keys:
        return frozenset()
    fingerprint = log_table.c.facts["fingerprint"].as_string()
    about = (
        log_table.c.act.in_(("key_issued", "key_revoked")),
        fingerprint.in_([key.fingerprint for key in keys]),
    )
    last = {entry.facts["fingerprint"]: entry for entry in audit_log.entries(conn, *about)}
    return frozenset(key for key in keys if _is_said(last.get(key.fingerprint), key))


def every(conn: Connection) -> tuple[ApiKey, ...]:
    """Return all keys that were ever issued, oldest first."""
    return _keys(conn)


def _ended(conn: Connection, run: str | None, by: str, because: str) -> list[str]:
    """Return the fingerprints of the keys that a run has ended, as far as somebody said the same."""
    entries = audit_log.of_run(conn, "key_revoked", model=None, run=run) if run else ()
    said = (by, because)
    return [entry.facts["fingerprint"] for entry in entries if (entry.actor, entry.facts["reason"]) == said]


def _keys(conn: Connection, *conditions: sa.ColumnElement[bool]) -> tuple[ApiKey, ...]:
    query = sa.select(api_keys).where(*conditions).order_by(api_keys.c.id)
    return tuple(_record(row) for row in conn.execute(query))


def _is_said(entry: audit_log.Entry | None, key: ApiKey) -> bool:
    if entry is None or entry.act != "key_issued" or entry.digest != entry.true_digest:
        return False
    return entry.facts == _facts(key) | {"reason": key.issued_because}


def _facts(key: ApiKey) -> dict[str, object]:
    expires = key.expires_at
    return {
        "client": key.client,
        "fingerprint": key.fingerprint,
        "scopes": list(key.scopes),
        "models": None if key.models is None else list(key.models),
        "expires_at": expires and expires.astimezone(UTC).isoformat(timespec="seconds"),
    }


def _record(row: Row[tuple[object, ...]]) -> ApiKey:
    lists = {
        name: tuple(row._mapping[name]) for name in ("scopes", "models") if row._mapping[name] is not None
    }
    key = record_of(ApiKey, row)
    return ApiKey(**{**vars(key), **lists})


def _same_or_refused(known: ApiKey, asked: Mapping[str, object]) -> ApiKey:
    if known.revoked_at is None and asked.items() <= vars(known).items():
        return known
    raise RecordError(
        f"fingerprint: this key was issued to {known.client} on {known.issued_at:%Y-%m-%d}, and a key is "
        "issued once. Make a new one with `make key`."
    )


def _lines(keys: Iterable[ApiKey], now: datetime) -> Iterable[str]:
    for key in keys:
        state = "valid"
        if key.revoked_at is not None:
            state = f"revoked {key.revoked_at:%Y-%m-%d} by {key.revoked_by}: {key.revoked_because}"
        elif key.expires_at is not None:
            state = f"{'expired' if key.expires_at <= now else 'valid until'} {key.expires_at:%Y-%m-%d}"
        models = "every model" if key.models is None else ", ".join(key.models)
        yield f"{key.client}  {key.fingerprint[:12]}  {', '.join(key.scopes)}  {models}  {state}"


def main() -> None:
    """Make a key, or list what is on record."""
    parser = argparse.ArgumentParser(description=(__doc__ or "").split("\n")[0])
    parser.add_argument("what", choices=("new", "list"))
    if parser.parse_args().what == "list":
        with connect(database_url()).connect() as conn:
            print("\n".join(_lines(every(conn), datetime.now(UTC))) or "No key was issued yet: docs/keys.md.")
        return
    key = new_key()
    print(f"key          {key}\nfingerprint  {fingerprint_of(key)}\n")
    print(
        "Keep the key where its application alone reads it: it is shown this once and kept nowhere. Then let"
    )
    print("an ML engineer or an administrator trigger the Dag `keys` in Airflow with the fingerprint.")


if __name__ == "__main__":
    main()
