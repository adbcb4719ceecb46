"""Airlock's own client of the scoring API: what asks for the examples of packages."""

import httpx

from airlock.settings import scoring_key


def own_client(scoring_url: str, *, timeout: float) -> httpx.Client:
    """Return a client that holds Airlock's own key; `timeout` is in seconds.

    Raises
    ------
    airlock.settings.SettingsError
        When this process was not given the key.
    """
    headers = {"Authorization": f"Bearer {scoring_key()}"}
    return httpx.Client(base_url=scoring_url, headers=headers, timeout=timeout)
