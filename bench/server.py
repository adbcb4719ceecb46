"""A server under load: started as people start it, asked over loopback, one row a request."""

import http.client
import json
import os
import signal
import socket
import subprocess
import sys
import time
from collections.abc import Iterator, Sequence
from concurrent.futures import ThreadPoolExecutor
from contextlib import contextmanager, suppress
from dataclasses import dataclass
from itertools import cycle, islice
from pathlib import Path
from typing import Any

import psutil

from stack.settings import HOST, ROOT

PATIENCE = 60.0
WARM_UP = 50


@dataclass(frozen=True)
class Server:
    """A server that answers, and where it takes rows."""

    port: int
    path: str
    process: subprocess.Popen[bytes]
    key: str

    def ask(self, bodies: Sequence[bytes]) -> list[float]:
        """Send each body in turn over one connection; return how many seconds each answer took."""
        connection = http.client.HTTPConnection(HOST, self.port, timeout=30)
        connection.connect()
        connection.sock.setsockopt(socket.IPPROTO_TCP, socket.TCP_NODELAY, 1)
        headers = {"Content-Type": "application/json", "Authorization": f"Bearer {self.key}"}
        took = []
        for body in bodies:
            began = time.perf_counter()
            connection.request("POST", self.path, body, headers)
            answer = connection.getresponse()
            said = answer.read()
            took.append(time.perf_counter() - began)
            assert answer.status == http.client.OK, said
        connection.close()
        return took

    def ask_at_once(self, bodies: Sequence[bytes], connections: int) -> float:
        """Send the bodies over several connections at once; return how many were answered a second."""
        began = time.perf_counter()
        with ThreadPoolExecutor(connections) as threads:
            list(threads.map(self.ask, [bodies[place::connections] for place in range(connections)]))
        return len(bodies) / (time.perf_counter() - began)

    def memory_mb(self) -> float:
        """Return the resident memory of the server's processes."""
        root = psutil.Process(self.process.pid)
        return sum(one.memory_info().rss for one in (root, *root.children(recursive=True))) / (1 << 20)


@contextmanager
def serving(
    module: str,
    *arguments: str,
    ready: str,
    path: str,
    log: Path,
    environment: dict[str, str] | None = None,
    key: str = "none",
) -> Iterator[Server]:
    """Run `python -m module … --port …` until the block ends; it answers at `ready` when the block begins.

    Every request carries the API key, so that all servers are sent the same headers.
    """
    with socket.socket() as free:
        free.bind((HOST, 0))
        port = free.getsockname()[1]
    with log.open("wb") as said:
        process = subprocess.Popen(
            [sys.executable, "-m", module, *arguments, "--host", HOST, "--port", str(port)],
            cwd=ROOT,
            env={**os.environ, **(environment or {})},
            stdout=said,
            stderr=said,
            start_new_session=True,
        )
    try:
        _wait(port, ready, process, log)
        yield Server(port, path, process, key)
    finally:
        with suppress(ProcessLookupError):  # all of it ended by itself
            os.killpg(process.pid, signal.SIGTERM)
        process.wait()


def bodies(rows: Sequence[dict[str, Any]], form: Any, number: int) -> list[bytes]:
    """Return as many requests as asked for, one row each, the rows repeated."""
    made = [json.dumps(form(row)).encode() for row in rows]
    return list(islice(cycle(made), number))


def _wait(port: int, ready: str, process: subprocess.Popen[bytes], log: Path) -> None:
    deadline = time.monotonic() + PATIENCE
    while not _answers(port, ready):
        if process.poll() is not None or time.monotonic() > deadline:
            raise TimeoutError(f"The server does not answer:\n{log.read_text(errors='replace')[-2000:]}")
        time.sleep(0.1)


def _answers(port: int, path: str) -> bool:
    connection = http.client.HTTPConnection(HOST, port, timeout=5)
    try:
        connection.request("GET", path)
        return connection.getresponse().status == http.client.OK
    except (OSError, http.client.HTTPException):
        return False
    finally:
        connection.close()
