"""Ports nobody uses."""

import socket
from contextlib import ExitStack

from stack.settings import HOST


def free_ports(number: int) -> list[int]:
    """Return as many different ports as wanted, all free now."""
    with ExitStack() as probes:
        ports = []
        for _ in range(number):
            probe = probes.enter_context(socket.socket())
            probe.bind((HOST, 0))
            ports.append(int(probe.getsockname()[1]))
        return ports
