"""A scoring API that is wrong, which the real one cannot be made to be."""

import json
import threading
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from http.server import BaseHTTPRequestHandler, HTTPServer
from typing import Any

from airlock.package.package import Package


@contextmanager
def answering_otherwise(
    package: Package, change: Callable[[list[dict[str, Any]]], Any], version: int = 1
) -> Iterator[str]:
    """Serve what the package must answer, with its predictions changed; without any, break off."""
    predictions = [{**example} for example in package.examples()]
    change(predictions)

    class Wrong(BaseHTTPRequestHandler):
        def do_GET(self) -> None:
            self._say({"version": version, "package_digest": package.digest})

        def do_POST(self) -> None:
            self.rfile.read(int(self.headers["Content-Length"]))
            if predictions:
                self._say({"predictions": predictions})

        def _say(self, value: Any) -> None:
            content = json.dumps(value).encode()
            self.send_response(200)
            self.send_header("Content-Length", str(len(content)))
            self.end_headers()
            self.wfile.write(content)

        def log_message(self, *_: Any) -> None:
            pass

    with HTTPServer(("127.0.0.1", 0), Wrong) as server:
        thread = threading.Thread(target=server.serve_forever, kwargs={"poll_interval": 0.01})
        thread.start()
        try:
            yield f"http://127.0.0.1:{server.server_port}"
        finally:
            server.shutdown()
            thread.join()
