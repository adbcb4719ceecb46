"""What a figure may depend on besides its data: the code and the libraries that computed it."""

import platform
from dataclasses import dataclass
from functools import cache
from importlib.metadata import version
from pathlib import Path

from airlock.package.saving import ESTIMATORS, LIBRARIES
from airlock.usercode import code_digest

AIRLOCK = Path(__file__).resolve().parents[1]
#: The parts of Airlock that compute a candidate's figures.
PARTS = ("evaluation", "package", "spec", "training")


@dataclass(frozen=True)
class Surroundings:
    """The versions in one process, by name; those of Airlock's parts are digests of their code."""

    versions: tuple[tuple[str, str], ...]

    def difference(self, asked: "Surroundings") -> str:
        """Return what is not as it was asked for, as words; nothing where all is.

        >>> here, there = (Surroundings((("numpy", found),)) for found in ("2.3.0", "2.4.6"))
        >>> here.difference(there)
        'numpy is 2.3.0 and not 2.4.6'
        """
        wanted = dict(asked.versions)
        return ", ".join(
            f"{name} is {found[:12]} and not {wanted[name][:12]}"
            for name, found in self.versions
            if found != wanted[name]
        )


@cache
def surroundings() -> Surroundings:
    """Return those of this process, as they were when it first asked."""
    libraries = {name: version(name) for name in (*LIBRARIES, *ESTIMATORS.values())}
    parts = {f"airlock.{part}": code_digest(AIRLOCK / part) for part in PARTS}
    return Surroundings((("python", platform.python_version()), *libraries.items(), *parts.items()))
