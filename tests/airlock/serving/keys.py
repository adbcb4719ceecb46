"""Keys of applications, issued as the Dag `keys` issues them."""

from collections.abc import Collection
from datetime import UTC, datetime

import httpx
from sqlalchemy.engine import Engine

from airlock.governance.api_keys import issue
from airlock.governance.key_fields import fingerprint_of, new_key
from airlock.spec.scopes import ISSUABLE, Scope
from tests.airlock.serving.scoring_api import by, wait_until


def issued_key(
    engine: Engine,
    client: str = "shop",
    *,
    scopes: Collection[Scope] = tuple(ISSUABLE),
    models: Collection[str] | None = None,
    expires_at: datetime | None = None,
) -> str:
    """Issue a new key to a client and return it."""
    key = new_key()
    with engine.begin() as conn:
        issue(
            conn,
            client=client,
            fingerprint=fingerprint_of(key),
            scopes=scopes,
            models=models,
            expires_at=expires_at,
            by="mika",
            because="a test",
            at=datetime.now(UTC),
        )
    return key


def is_known(api: httpx.Client, key: str) -> bool:
    """Say whether a scoring API knows a key by now."""
    return api.get("/v1/models", headers=by(key)).status_code == httpx.codes.OK


def wait_until_known(api: httpx.Client, key: str) -> None:
    """Wait until a scoring API has read a key that was just issued."""
    wait_until(lambda: is_known(api, key), "the scoring API reads the key")
