"""Traffic: applications that ask the scoring API while something else happens, as on any working day."""

import threading
from collections import Counter
from collections.abc import Callable, Iterator, Mapping
from contextlib import contextmanager
from datetime import date, timedelta
from itertools import cycle
from typing import Any

import httpx

from airlock.samples.credit.generate import generate
from airlock.samples.credit.world import World
from airlock.spec import load_model
from demo.progress import require
from demo.shop import Shop
from stack.settings import Settings

MODEL = "credit_risk"
PATH = f"/v1/models/{MODEL}"
DAY = date(2025, 1, 6)
ROWS_AT_ONCE = 10
PAUSE_SECONDS = 0.25
MOST_QUESTIONS = 4000  # nobody waits this long; a thread must end all the same


@contextmanager
def traffic(shop: Shop, say: Callable[[str], None]) -> Iterator[Counter[int]]:
    """Let the shop ask credit_risk again and again until the block ends; yield each version's answers.

    Raises
    ------
    DemoFailed
        When production left a question without an answer.
    """
    asking = _Asking(shop, say)
    asking.thread.start()
    try:
        yield asking.answers
    finally:
        asking.over.set()
        asking.thread.join()
    require(not asking.trouble, f"Production did not answer all the while: {asking.trouble}")


class _Asking:
    def __init__(self, shop: Shop, say: Callable[[str], None]) -> None:
        self.answers: Counter[int] = Counter()
        self.trouble = ""
        self.over = threading.Event()
        self.thread = threading.Thread(target=self._ask, name="traffic", daemon=True)
        self._shop = shop
        self._applicants = cycle(applicants(shop.settings))
        self._say = say

    def _ask(self) -> None:
        try:
            with self._shop.client() as client:
                beside = ""
                for number in range(MOST_QUESTIONS):
                    if self.over.wait(PAUSE_SECONDS):
                        return
                    self._ask_some(client, number)
                    found = _beside(client.get(PATH).raise_for_status().json())
                    if found and found != beside:
                        self._say(found)
                    beside = found
        except (httpx.HTTPError, KeyError, ValueError) as error:
            self.trouble = f"{type(error).__name__}: {error}"

    def _ask_some(self, client: httpx.Client, number: int) -> None:
        """Ask about some applications, each with a number of its own."""
        key = f"{self.thread.ident}-{number}"
        rows = [
            {"entity_key": f"live-{key}-{place}", "features": next(self._applicants)}
            for place in range(ROWS_AT_ONCE)
        ]
        answer = client.post(f"{PATH}/predict", json={"rows": rows}).raise_for_status().json()
        self.answers.update(prediction["version"] for prediction in answer["predictions"])


def applicants(settings: Settings) -> list[Mapping[str, Any]]:
    """Return what a few hundred people of the sample's world apply with."""
    features = load_model(settings.include, MODEL).data.features
    frame = generate(World(), DAY, DAY + timedelta(days=3)).applications[list(features)]
    return [
        {name: None if value != value else value for name, value in row.items()}  # NaN is not JSON
        for row in frame.astype(object).to_dict("records")
    ]


def _beside(details: Mapping[str, Any]) -> str:
    """Say what runs beside the champion, or nothing."""
    challenger = details["challenger"]
    if challenger is None:
        return ""
    share = f"{challenger['share']:.0%} of the applications"
    return f"version {challenger['version']} answers {share}, version {details['version']} the others"
