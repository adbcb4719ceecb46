"""Clients: which application asks, by its API key, and what it may ask."""

import logging
from collections.abc import Mapping
from dataclasses import dataclass
from datetime import UTC, datetime
from typing import Annotated, Any

from fastapi import Depends, Request, Security
from fastapi.security import HTTPAuthorizationCredentials, HTTPBearer
from sqlalchemy.engine import Connection

from airlock.governance import api_keys
from airlock.governance.api_keys import ApiKey
from airlock.governance.key_fields import OWN_CLIENT, fingerprint_of
from airlock.serving.forms import Refused
from airlock.serving.refusals import Refusal
from airlock.spec.scopes import EVERY, ISSUABLE, Scope

LOG = logging.getLogger("uvicorn.error.airlock")

CHALLENGE = {"WWW-Authenticate": "Bearer"}
MISSING = "There is no API key. Send yours in the header `Authorization: Bearer alk_...`."
UNKNOWN = "The API key is not known, was revoked or has expired. Ask whoever runs Airlock for one."
OURS = "It is Airlock's own: leave `purpose` and `version` out."
UNREAD = "The API keys could not be read yet, so nobody is known. Try again later."

KEY = HTTPBearer(
    scheme_name="ApiKey",
    bearerFormat="alk_...",
    description="The API key of an application: `Authorization: Bearer alk_...`.",
    auto_error=False,
)
#: What a route says in its documentation when it reads the key itself.
SECURITY = [{KEY.scheme_name: list[str]()}]
#: What every route that needs a key may answer besides.
UNKNOWN_CLIENT: dict[int | str, dict[str, Any]] = {
    401: {"model": Refused, "description": "No API key, or one that is not valid."},
    403: {"model": Refused, "description": "The key is not for this model, or not for this use."},
}


@dataclass(frozen=True)
class Client:
    """An application and what its key lets it do; `models` is None where it may ask about every one."""

    name: str
    scopes: frozenset[Scope]
    models: frozenset[str] | None
    expires_at: datetime | None

    def require_scope(self, scope: Scope) -> None:
        """Go on only where the key lets its client do this at all.

        Raises
        ------
        Refusal
            403.
        """
        if scope not in self.scopes:
            cure = f"Ask for a key with the scope {scope}." if scope in ISSUABLE else OURS
            raise Refusal(403, f"The key of {self.name} has not the scope {scope}. {cure}")

    def require(self, scope: Scope, model: str) -> None:
        """Go on only where the key lets its client do this with a model.

        Raises
        ------
        Refusal
            403, whether there is such a model or not.
        """
        self.require_scope(scope)
        if self.models is not None and model not in self.models:
            may = ", ".join(sorted(self.models))
            raise Refusal(
                403, f"The key of {self.name} is not for the model {model[:100]!r}: it is for {may}."
            )


class Clients:
    """The clients on record, as the last look saw them, and Airlock itself.

    A key counts only where the audit log says last that it was issued like that. While PostgreSQL is away the
    keys that were read last go on.
    """

    def __init__(self, own_fingerprint: str) -> None:
        self._own = {own_fingerprint: Client(OWN_CLIENT, EVERY, None, None)}
        self._known: Mapping[str, Client] = self._own
        self._proofs: dict[ApiKey, bool] = {}
        self._read = False

    def read(self, conn: Connection, *, anew: bool = False) -> None:
        """Read which keys may be used; what was judged once is judged again only `anew`."""
        if anew:
            self._proofs = {}
        keys = api_keys.current(conn, datetime.now(UTC))
        unjudged = [key for key in keys if key not in self._proofs]
        proved = api_keys.proved(conn, unjudged)
        for key in unjudged:
            if key not in proved:
                name = f"The key {key.fingerprint[:12]} of {key.client}"
                LOG.error("%s opens nothing: the audit log does not say last that it was issued so.", name)
        self._proofs = {key: self._proofs.get(key, key in proved) for key in keys}
        good = {key.fingerprint: _client(key) for key, is_proved in self._proofs.items() if is_proved}
        self._known = {**good, **self._own}
        self._read = True

    def of(self, authorization: str | None, now: datetime) -> Client:
        """Return the client that a request's header names, at the cost of one hash and one look-up.

        Raises
        ------
        Refusal
            401 where it names none that may ask; 503 where the keys were never read.
        """
        scheme, _, key = (authorization or "").partition(" ")
        if scheme.lower() != "bearer" or not key.strip():
            raise Refusal(401, MISSING, headers=CHALLENGE)
        client = self._known.get(fingerprint_of(key.strip()))
        if client is not None and (client.expires_at is None or now < client.expires_at):
            return client
        if not self._read:
            raise Refusal(503, UNREAD)
        raise Refusal(401, UNKNOWN, headers=CHALLENGE)


def _client(key: ApiKey) -> Client:
    models = None if key.models is None else frozenset(key.models)
    return Client(key.client, frozenset(key.scopes), models, key.expires_at)


async def _asker(
    request: Request, _: Annotated[HTTPAuthorizationCredentials | None, Security(KEY)]
) -> Client:
    clients: Clients = request.app.state.service.clients
    return clients.of(request.headers.get("authorization"), datetime.now(UTC))


#: Who asks, for routes that need a key.
Asker = Annotated[Client, Depends(_asker)]
