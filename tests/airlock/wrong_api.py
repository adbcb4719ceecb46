"""Scoring APIs that are wrong, which the real one cannot be made to be."""

import json
import threading
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from http.server import BaseHTTPRequestHandler, HTTPServer
from typing import Any

import httpx

from airlock.package.package import Package


@contextmanager
def answering_otherwise(
    package: Package, change: Callable[[list[dict[str, Any]]], Any], version: int = 1
) -> Iterator[str]:
    """Serve what the package must answer, with its predictions changed; without any, break off."""
    predictions = [{**example} for example in package.examples()]
    change(predictions)

    class Wrong(_Handler):
        def do_GET(self) -> None:
            serving = {"version": version, "package_digest": package.digest}
            entry = {"model": package.signature.model, **serving, "available": True, "reason": ""}
            self.say(
                [{**entry, "challenger": None}]
                if self.path == "/v1/models"
                else {**serving, "challenger": {**serving, "available": True}}
            )

        def do_POST(self) -> None:
            self.rfile.read(int(self.headers["Content-Length"]))
            if predictions:
                self.say({"predictions": predictions})

    with _served(Wrong) as url:
        yield url


@contextmanager
def listing_otherwise(models: Callable[[], Any], url: str) -> Iterator[str]:
    """Serve what the API at `url` serves, which lists other models."""

    class Wrong(_Handler):
        def do_GET(self) -> None:
            other = self.path == "/v1/models"
            self.say(models() if other else httpx.get(f"{url}{self.path}", headers=self.key()).json())

        def do_POST(self) -> None:
            body = self.rfile.read(int(self.headers["Content-Length"]))
            headers = {"Content-Type": "application/json", **self.key()}
            self.say(httpx.post(f"{url}{self.path}", content=body, headers=headers).json())

    with _served(Wrong) as wrong:
        yield wrong


class _Handler(BaseHTTPRequestHandler):
    def say(self, value: Any) -> None:
        content = json.dumps(value).encode()
        self.send_response(200)
        self.send_header("Content-Length", str(len(content)))
        self.end_headers()
        self.wfile.write(content)

    def key(self) -> dict[str, str]:
        """Return the caller's key, as it was sent."""
        return {"Authorization": self.headers["Authorization"]}

    def log_message(self, *_: Any) -> None:
        pass


@contextmanager
def _served(handler: type[_Handler]) -> Iterator[str]:
    with HTTPServer(("127.0.0.1", 0), handler) as server:
        thread = threading.Thread(target=server.serve_forever, kwargs={"poll_interval": 0.01})
        thread.start()
        try:
            yield f"http://127.0.0.1:{server.server_port}"
        finally:
            server.shutdown()
            thread.join()
