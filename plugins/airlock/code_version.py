"""Which version of Airlock's own code is running, for the lineage of what it makes."""

import subprocess
from functools import cache

from airlock.settings import ROOT


@cache
def code_version() -> str:
    """Return the commit of this checkout, `+changes` when files differ from it, `unknown` outside git."""
    try:
        commit = _git("rev-parse", "HEAD")
        changes = _git("status", "--porcelain", "--untracked-files=no")
    except (OSError, subprocess.CalledProcessError):
        return "unknown"
    return f"{commit}+changes" if changes else commit


def _git(*arguments: str) -> str:
    command = ["git", "-c", "safe.directory=*", "-C", str(ROOT), *arguments]
    return subprocess.run(command, check=True, capture_output=True, text=True).stdout.strip()
