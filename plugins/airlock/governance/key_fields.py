"""Key fields: what a key looks like, and what may be asked for when one is issued."""

import hashlib
import re
import secrets
from collections.abc import Collection
from datetime import datetime

from airlock.governance.records import RecordError
from airlock.spec.scopes import ISSUABLE, RESERVED, Scope

PREFIX = "alk_"
#: The client that every installation has: Airflow's own tasks. Its key is no record but a setting.
OWN_CLIENT = "airlock"
NAME = "[a-z][a-z0-9_-]{0,62}"
FINGERPRINT = "[0-9a-f]{64}"


def new_key() -> str:
    """Return a new key: 256 random bits behind a prefix by which scanners for secrets know it."""
    return PREFIX + secrets.token_urlsafe(32)


def fingerprint_of(key: str) -> str:
    """Return the SHA-256 of a key in hexadecimal.

    >>> fingerprint_of("alk_no-real-key")[:8]
    'ad133ec3'
    """
    return hashlib.sha256(key.encode()).hexdigest()


def refuse_wrong_fields(
    client: str,
    fingerprint: str,
    scopes: Collection[Scope],
    models: Collection[str] | None,
    expires_at: datetime | None,
    at: datetime,
) -> None:
    """Go on only where a key may be issued like that.

    Raises
    ------
    RecordError
        Naming the field, what is wrong with it and the cure.
    """
    if not re.fullmatch(NAME, client) or client == OWN_CLIENT:
        raise RecordError(
            f"client: {client[:100]!r} cannot be a client's name. Use small letters, digits, - and _ (at "
            f"most 63, a letter first); {OWN_CLIENT} is Airlock itself."
        )
    if not re.fullmatch(FINGERPRINT, fingerprint):
        cure = "Give the 64 hexadecimal digits that `make key` prints beside a key."
        if fingerprint.startswith(PREFIX):
            cure = f"This is a key itself, and now it is in Airflow's records: make another one. {cure}"
        raise RecordError(f"fingerprint: is none. {cure}")
    if RESERVED in scopes:
        raise RecordError(f"scopes: {RESERVED} is Airlock's own and cannot be issued. Leave it out.")
    if wrong := sorted(set(scopes) - set(ISSUABLE)):
        raise RecordError(f"scopes: there is no scope {', '.join(wrong)}. Choose from {', '.join(ISSUABLE)}.")
    if not scopes:
        raise RecordError(f"scopes: none is chosen. Choose from {', '.join(ISSUABLE)}.")
    if models is not None and not models:
        raise RecordError("models: none is named, so the key could ask nothing. Name one at least.")
    if expires_at is not None and expires_at <= at:
        raise RecordError(f"expires: {expires_at:%Y-%m-%d %H:%M} UTC has passed. Give a later day, or none.")
