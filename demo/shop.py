"""The shop: an application that asks the scoring API, with a key of its own."""

from dataclasses import dataclass

import httpx

from airlock.governance.key_fields import fingerprint_of, new_key
from demo.people import People
from stack.settings import Settings
from stack.waiting import wait_until

NAME = "shop"


@dataclass(frozen=True)
class Shop:
    """Where the application asks, and by which key; only the application has it."""

    settings: Settings
    key: str

    def client(self) -> httpx.Client:
        """Return a connection to the scoring API that asks by the key."""
        headers = {"Authorization": f"Bearer {self.key}"}
        return httpx.Client(base_url=self.settings.scoring_url, headers=headers, timeout=30, trust_env=False)


def open_shop(settings: Settings, people: People) -> Shop:
    """Let the shop make its key, an administrator issue it, and the scoring API take it."""
    shop = Shop(settings, new_key())
    people.issue_key(NAME, fingerprint_of(shop.key), "the shop asks for every application")
    with shop.client() as client:
        wait_until(
            lambda: client.get("/v1/models").status_code == httpx.codes.OK,
            what="the scoring API to know the shop's key",
            timeout=30,
        )
    return shop
