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
        requests = [self._request(body) for body in bodies]
        took = []
        with socket.create_connection((HOST, self.port), timeout=30) as connection:
            connection.setsockopt(socket.IPPROTO_TCP, socket.TCP_NODELAY, 1)
            for request in requests:
                began = time.perf_counter()
                connection.sendall(request)
                answer = _answer(connection)
                took.append(time.perf_counter() - began)
                assert answer.startswith(b"HTTP/1.1 200"), answer
        return took

    def ask_at_once(self, bodies: Sequence[bytes], connections: int) -> list[float]:
        """Send the bodies over several connections at once; return how many seconds each answer took."""
        with ThreadPoolExecutor(connections) as threads:
            parts = threads.map(self.ask, [bodies[place::connections] for place in range(connections)])
            return [took for part in parts for took in part]

    def _request(self, body: bytes) -> bytes:
        head = (
            f"POST {self.path} HTTP/1.1\r\nHost: {HOST}:{self.port}\r\nAuthorization: Bearer {self.key}\r\n"
            f"Content-Type: application/json\r\nContent-Length: {len(body)}\r\n\r\n"
        )
        return head.encode() + body

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


def _answer(connection: socket.socket) -> bytes:
    """Return one answer, with little work: the server shares the processor with it."""
    answer = connection.recv(65536)
    while b"\r\n\r\n" not in answer:
        answer += _more(connection)
    head = answer[: answer.index(b"\r\n\r\n") + 4].lower()
    length = int(head.partition(b"content-length:")[2].partition(b"\r\n")[0])
    while len(answer) < len(head) + length:
        answer += _more(connection)
    return answer


def _more(connection: socket.socket) -> bytes:
    if received := connection.recv(65536):
        return received
    raise ConnectionError("The server closed the connection before its answer ended.")


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
