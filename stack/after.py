"""Wait until an address answers, then become a command: `python -m stack.after URL command …`.

Airflow's scheduler starts what is due as soon as it is up. A task that then finds no API server fails after
some seconds, although nothing is wrong with it; so the scheduler comes after the API server.
"""

import os
import sys
import time

import httpx


def answers(url: str) -> bool:
    """Tell whether the address answers a request at all."""
    try:
        return httpx.get(url, timeout=5, trust_env=False).is_success
    except httpx.HTTPError:
        return False


def main(url: str, *command: str) -> None:
    """Wait for the address, for as long as the stack lets it, then become the command."""
    while not answers(url):
        time.sleep(0.2)
    os.execv(command[0], command)


if __name__ == "__main__":
    main(*sys.argv[1:])
