"""A real MLflow server for tests, on a free loopback port, over a database of its own."""

import os
import socket
import subprocess
import sys
import time
from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from pathlib import Path

import httpx

HOST = "127.0.0.1"
PATIENCE_SECONDS = 120


@contextmanager
def mlflow_server(
    database: str, folder: Path, *options: str, environment: Mapping[str, str] | None = None
) -> Iterator[str]:
    """Run `mlflow server` with more options and give its address; its log and artifacts are in `folder`."""
    port = _free_port()
    url = f"http://{HOST}:{port}"
    arguments = ["--host", HOST, "--port", str(port), "--workers", "1", "--backend-store-uri", database]
    with (folder / "mlflow.log").open("wb") as log:
        server = subprocess.Popen(
            [
                sys.executable,
                "-m",
                "mlflow",
                "server",
                *arguments,
                *options,
                "--artifacts-destination",
                str(folder / "artifacts"),
            ],
            stdout=log,
            stderr=subprocess.STDOUT,
            cwd=folder,
            env={
                **os.environ,
                "MLFLOW_DISABLE_TELEMETRY": "true",
                "DO_NOT_TRACK": "true",
                # Its background jobs would be half a dozen processes that cost more than the server.
                "MLFLOW_SERVER_ENABLE_JOB_EXECUTION": "false",
                **(environment or {}),
            },
        )
        try:
            _wait_until_healthy(url, server, folder / "mlflow.log")
            yield url
        finally:
            server.terminate()
            server.wait(timeout=30)


def _wait_until_healthy(url: str, server: subprocess.Popen, log: Path) -> None:
    deadline = time.monotonic() + PATIENCE_SECONDS
    with httpx.Client(base_url=url, timeout=2) as client:
        while not _healthy(client):
            if server.poll() is not None or time.monotonic() > deadline:
                raise RuntimeError(f"MLflow does not answer: {log.read_text(errors='replace')[-2000:]}")
            time.sleep(0.1)


def _healthy(client: httpx.Client) -> bool:
    try:
        return client.get("/health").status_code == httpx.codes.OK
    except httpx.TransportError:
        return False


def _free_port() -> int:
    with socket.socket() as probe:
        probe.bind((HOST, 0))
        return probe.getsockname()[1]
