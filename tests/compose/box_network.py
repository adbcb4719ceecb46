"""A network of its own for sandboxed services: a bridge, an address for each, and a name server."""

import json
import os
import subprocess
import sys
from pathlib import Path


class BoxNetwork:
    """Network namespaces joined by a bridge; nothing reaches out of them, and this process reaches them."""

    def __init__(self, folder: Path) -> None:
        self._prefix = f"al{os.getpid()}"
        self._subnet = f"10.203.{os.getpid() % 250}"
        self._names: dict[str, list[str]] = {}
        self._file = folder / "names.json"
        self._spaces: list[str] = []
        self._server: subprocess.Popen[bytes] | None = None

    @property
    def name_server(self) -> str:
        """The address that tells every name."""
        return f"{self._subnet}.1"

    def open(self) -> None:
        """Make the bridge, let this process reach it, and answer questions about names."""
        hub = self._space("hub")
        # Without an address of its own it would take a new one with each service that joins.
        _ip("-n", hub, "link", "add", "bridge", "address", "02:00:00:00:00:01", "type", "bridge")
        _ip("-n", hub, "address", "add", f"{self.name_server}/24", "dev", "bridge")
        _ip("-n", hub, "link", "set", "bridge", "up")
        outside = f"{self._prefix}out"
        _ip("-n", hub, "link", "add", "out", "type", "veth", "peer", "name", outside)
        _ip("-n", hub, "link", "set", outside, "netns", str(os.getpid()))
        _ip("-n", hub, "link", "set", "out", "master", "bridge", "up")
        _ip("address", "add", f"{self._subnet}.254/24", "dev", outside)
        _ip("link", "set", outside, "up")
        self._file.write_text("{}")
        program = Path(__file__).with_name("name_server.py")
        self._server = subprocess.Popen(
            ["ip", "netns", "exec", hub, sys.executable, str(program), self.name_server, str(self._file)]
        )

    def join(self, service: str) -> tuple[str, str]:
        """Make a place in the network for one more copy of a service; return its namespace and address."""
        number = len(self._spaces) + 1
        address, space = f"{self._subnet}.{number}", self._space(f"n{number}")
        plug, hub = f"p{number}", self._spaces[0]
        _ip("-n", space, "link", "add", "eth0", "type", "veth", "peer", "name", plug)
        _ip("-n", space, "link", "set", plug, "netns", hub)
        _ip("-n", hub, "link", "set", plug, "master", "bridge", "up")
        _ip("-n", space, "address", "add", f"{address}/24", "dev", "eth0")
        _ip("-n", space, "link", "set", "eth0", "up")
        self._names.setdefault(service, []).append(address)
        self._tell()
        return space, address

    def leave(self, service: str, address: str) -> None:
        """Forget the name of a copy that has ended, and take its address away."""
        _ip("-n", self._spaces[0], "link", "delete", f"p{address.rpartition('.')[2]}")
        self._names[service].remove(address)
        if not self._names[service]:
            del self._names[service]
        self._tell()

    def close(self) -> None:
        """Take everything down; the links go with their namespaces."""
        if self._server:
            self._server.kill()
            self._server.wait()
        for space in self._spaces:
            subprocess.run(["ip", "netns", "delete", space], check=False)

    def _space(self, name: str) -> str:
        space = f"{self._prefix}{name}"
        _ip("netns", "add", space)
        self._spaces.append(space)
        _ip("-n", space, "link", "set", "lo", "up")
        return space

    def _tell(self) -> None:
        part = self._file.with_suffix(".part")
        part.write_text(json.dumps(self._names))
        part.replace(self._file)


def _ip(*arguments: str) -> None:
    subprocess.run(["ip", *arguments], check=True, capture_output=True, text=True)
