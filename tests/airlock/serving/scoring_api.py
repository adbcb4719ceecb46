"""A real scoring API for tests: uvicorn in a process of its own, on a real database and a real store."""

import os
import socket
import subprocess
import sys
import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager, suppress
from dataclasses import dataclass
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

import httpx
from sqlalchemy import make_url, text
from sqlalchemy.engine import Engine

from airlock.governance.challengers import Challenger, start
from airlock.governance.deployments import Deployment, deploy
from airlock.governance.engine import connect
from airlock.governance.grants import SCORING
from airlock.governance.key_fields import fingerprint_of
from airlock.governance.releases import Way
from airlock.package.package import Package
from airlock.store import Store
from tests.airlock.governance.records import approved_release, register

ROOT = Path(__file__).resolve().parents[3]
PATIENCE = 60.0
PASSWORD = "sesame-open"
#: Airlock's own key, which every test's process holds as Airflow's tasks do: tests/airlock/conftest.py.
KEY = "alk_this-is-airlock-s-own-key-in-all-the-tests"
PREDICT = "/v1/models/loans/predict"


@dataclass(frozen=True)
class ScoringApi:
    """A running scoring API and what it stands on."""

    client: httpx.Client
    engine: Engine
    store: Store
    log_file: Path
    spool: Path
    process: subprocess.Popen[bytes]

    def predict(self, *rows: dict[str, Any], **more: Any) -> httpx.Response:
        """Ask for predictions of the loans model."""
        return self.client.post(PREDICT, json={"rows": list(rows), **more})

    def logged(self, columns: str = "*") -> list[Any]:
        """Return the prediction log, with all that was answered before."""
        self.await_log()
        with self.engine.connect() as conn:
            return list(conn.execute(text(f"SELECT {columns} FROM predictions ORDER BY scored_at, id")))

    def await_log(self) -> None:
        """Wait until PostgreSQL has every answer: then the files of the spool are empty."""
        wait_until(lambda: not unshipped(self.spool), "PostgreSQL has what was answered")

    def deploy(self, package: Package, version: int) -> Deployment:
        """Bring a package through the airlock."""
        return deployed(self.engine, package, version)

    def challenge(
        self, package: Package, version: int, way: Way = "canary", share: float = 0.5
    ) -> Challenger:
        """Let a package run beside the champion."""
        return challenging(self.engine, package, version, way, share)


def deployed(engine: Engine, package: Package, version: int) -> Deployment:
    """Bring a package through the airlock, in whatever database."""
    with engine.begin() as conn:
        candidate = register(
            conn, model=package.signature.model, version=version, package_digest=package.digest
        )
        return deploy(conn, approved_release(conn, candidate), candidate, datetime.now(UTC))


def challenging(
    engine: Engine, package: Package, version: int, way: Way = "canary", share: float = 0.5
) -> Challenger:
    """Let a package run beside the champion, in whatever database."""
    with engine.begin() as conn:
        candidate = register(
            conn, model=package.signature.model, version=version, package_digest=package.digest
        )
        release = approved_release(conn, candidate, way=way)
        return start(conn, release, candidate, share=share, at=datetime.now(UTC))


def by(key: str) -> dict[str, str]:
    """Return the header by which a key asks."""
    return {"Authorization": f"Bearer {key}"}


def unshipped(spool: Path) -> int:
    """Return how many bytes of a spool are not dropped yet."""
    return sum(_size(file) for file in spool.glob("*/[ab]"))


def wait_until(condition: Callable[[], bool], what: str) -> None:
    """Wait for a condition, and fail saying what did not come about."""
    deadline = time.monotonic() + PATIENCE
    while not condition():
        assert time.monotonic() < deadline, f"not within {PATIENCE:.0f} s: {what}"
        time.sleep(0.02)


@contextmanager
def scoring_api(database: str, store: Path | str, logs: Path, workers: int = 1) -> Iterator[ScoringApi]:
    """Run a scoring API until the block ends; it has looked at the record once."""
    url = make_url(database).set(username=SCORING, password=PASSWORD).render_as_string(hide_password=False)
    with socket.socket() as free:
        free.bind(("127.0.0.1", 0))
        port = free.getsockname()[1]
    engine = connect(database)
    log_file, spool = logs / "scoring.log", logs / "spool"
    with log_file.open("w") as log:
        process = subprocess.Popen(
            [sys.executable, "-m", "airlock.serving", "--port", str(port), "--workers", str(workers)],
            cwd=ROOT,
            env={
                **os.environ,
                "AIRLOCK_DATABASE_URL": url,
                "AIRLOCK_STORE": str(store),
                "AIRLOCK_SPOOL": str(spool),
                "AIRLOCK_SCORING_KEY_FINGERPRINT": fingerprint_of(KEY),
                "PYTHONPATH": "plugins",
            },
            stdout=log,
            stderr=subprocess.STDOUT,
        )
    asked = {"base_url": f"http://127.0.0.1:{port}", "headers": by(KEY), "timeout": 30}
    with httpx.Client(**asked, trust_env=False) as client:
        try:
            wait_until(lambda: _answers(client, process), "the scoring API answers")
            yield ScoringApi(client, engine, Store(Path(store)), log_file, spool, process)
        finally:
            process.terminate()
            process.wait(timeout=30)
            engine.dispose()


def _size(file: Path) -> int:
    with suppress(FileNotFoundError):  # its process ended well in this moment
        return file.stat().st_size
    return 0


def _answers(client: httpx.Client, process: subprocess.Popen[bytes]) -> bool:
    assert process.poll() is None, "the scoring API ended"
    try:
        return client.get("/healthz").status_code == httpx.codes.OK
    except httpx.TransportError:
        return False
