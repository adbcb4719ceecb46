"""Pages: how long each of Airlock's takes that an auditor opens, on Airflow's own API server."""

import time
from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from dataclasses import dataclass
from statistics import median, quantiles

import httpx

from bench.growth.installation import PATIENCE, Installation
from bench.growth.spent import cpu_seconds
from bench.measure import MeasuringFailed
from stack.secrets import read_passwords

#: Who looks: an account that reads everything and changes nothing.
READER = "ada"
RUNS = 30


@dataclass(frozen=True)
class Took:
    """What a page takes.

    Attributes
    ----------
    p50_ms, p95_ms
        Milliseconds on the clock in which half of the answers came, and 95 of 100.
    cpu_ms
        Processor time of the API server and of PostgreSQL for one answer: what else the machine does is not
        in it.
    """

    p50_ms: float
    p95_ms: float
    cpu_ms: float
    kilobytes: float


def addresses(made: Installation) -> Mapping[str, str]:
    """Return each page by its name; those of one model are of the first, a credit model."""
    model = made.models[0]
    return {
        "models": "/",
        "model": f"/models/{model}",
        "quarantine": f"/models/{model}/quarantine",
        "incidents": "/incidents",
        "incident": "/incidents/1",
        "versions": "/versions",
        "lineage": f"/lineage/version/{model}/10",
        "audit": "/audit",
        "scoring": "/scoring",
        "dossiers": "/dossiers",
        "decisions": "/decisions",
    }


def measure(made: Installation, runs: int = RUNS) -> dict[str, Took]:
    """Ask for each page several times over one connection, after once that does not count."""
    with _browser(made) as browser:
        return {name: _page(made, browser, address, runs) for name, address in addresses(made).items()}


def _page(made: Installation, browser: httpx.Client, address: str, runs: int) -> Took:
    took, before = [], 0.0
    for place in range(runs + 1):
        before = before if place > 1 else cpu_seconds(made)  # the first answer does not count
        began = time.perf_counter()
        answer = browser.get(f"/airlock{address}")
        took.append((time.perf_counter() - began) * 1000)
        if answer.status_code != httpx.codes.OK:
            raise MeasuringFailed(f"/airlock{address} answers {answer.status_code}: {answer.text[:500]}")
    spent = (cpu_seconds(made) - before) * 1000 / runs
    return Took(median(took[1:]), quantiles(took[1:], n=20)[-1], spent, len(answer.content) / 1000)


@contextmanager
def _browser(made: Installation) -> Iterator[httpx.Client]:
    with made.running("airflow-api"), httpx.Client(base_url=made.settings.airflow_url, timeout=60) as client:
        login = {"username": READER, "password": read_passwords(made.settings.home)[READER]}
        deadline = time.monotonic() + PATIENCE
        while True:
            try:
                token = client.post("/auth/token", json=login).raise_for_status().json()["access_token"]
                break
            except httpx.HTTPError:
                if time.monotonic() > deadline:
                    raise MeasuringFailed("Airflow's API server does not answer.") from None
                time.sleep(0.5)
        client.headers.update({"Authorization": f"Bearer {token}", "Accept": "text/html"})
        yield client
