"""The proxy of docker-compose.yaml before a real scoring API: it tells nobody the figures, by no spelling."""

import shutil
import socket
import subprocess
from collections.abc import Iterator
from pathlib import Path

import httpx
import pytest

from stack.settings import ROOT
from tests.airlock.serving.scoring_api import ScoringApi, wait_until

HAPROXY = shutil.which("haproxy", path="/usr/sbin:/usr/local/sbin:/usr/bin:/usr/local/bin")
CONFIG = (ROOT / "docker/proxy/haproxy.cfg").read_text()

pytestmark = pytest.mark.skipif(HAPROXY is None, reason="not installed: haproxy")


@pytest.fixture(scope="module")
def proxy(api: ScoringApi, tmp_path_factory: pytest.TempPathFactory) -> Iterator[str]:
    """HAProxy with the file that Docker mounts, before the one copy that runs here."""
    with socket.socket() as front, socket.socket() as figures:
        ports = []
        for one in (front, figures):
            one.bind(("127.0.0.1", 0))
            ports.append(one.getsockname()[1])
    config = CONFIG.replace("bind :8000", f"bind 127.0.0.1:{ports[0]}")
    config = config.replace("bind :8404", f"bind 127.0.0.1:{ports[1]}")
    config = config.replace("copy 16 scoring:8000", f"copy 1 127.0.0.1:{api.client.base_url.port}")
    file: Path = tmp_path_factory.mktemp("proxy") / "haproxy.cfg"
    file.write_text(config)
    assert HAPROXY is not None
    running = subprocess.Popen([HAPROXY, "-db", "-f", str(file)], stdout=subprocess.DEVNULL)
    url = f"http://127.0.0.1:{ports[0]}"
    try:
        wait_until(lambda: status(url, "/healthz") == 200, "the proxy finds the copy")
        yield url
    finally:
        running.terminate()
        running.wait(timeout=30)


def status(url: str, path: str) -> int:
    """Ask for a path as it is written, and return the status; 0 where nobody listens."""
    try:
        return httpx.get(httpx.URL(url, raw_path=path.encode()), trust_env=False).status_code
    except httpx.TransportError:
        return 0


@pytest.mark.parametrize("path", ["/metrics", "/%6detrics", "/%6D%65trics?a=1", "/metrics/", "/metrics%3f"])
def test_nobody_reads_the_figures_by_another_spelling(proxy: str, path: str) -> None:
    assert status(proxy, path) == 404


def test_the_api_itself_would_have_told_them(api: ScoringApi) -> None:
    assert status(str(api.client.base_url).rstrip("/"), "/%6detrics") == 200


def test_everything_else_comes_through(proxy: str) -> None:
    assert status(proxy, "/docs") == 200
    assert status(proxy, "/v1/models") == 401
