"""A model's own Python code, importable as `airlock_models.<model>.<module>` and never on sys.path."""

import hashlib
import importlib
import sys
import types
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Any

PACKAGE = "airlock_models"


class UserCodeError(Exception):
    """A dotted path in a spec does not lead to anything that can be used."""


@contextmanager
def importing_from(models: Path) -> Iterator[None]:
    """Make the code below `models` importable inside the block, and forget its modules afterwards.

    Forgetting keeps two versions of one module apart: each package is loaded with its own code.
    """
    before = {name: sys.modules.pop(name) for name in list(sys.modules) if _is_ours(name)}
    package = types.ModuleType(PACKAGE)
    package.__path__ = [str(models)]
    sys.modules[PACKAGE] = package
    importlib.invalidate_caches()
    try:
        yield
    finally:
        for name in [name for name in sys.modules if _is_ours(name)]:
            del sys.modules[name]
        sys.modules.update(before)


def resolve(path: str, models: Path) -> Any:
    """Return the object at a dotted path, from an installed package or from a model's own folder.

    Raises
    ------
    UserCodeError
        When the module cannot be imported or has no such name.
    """
    module_name, _, name = path.rpartition(".")
    if not module_name:
        raise UserCodeError(f"{path!r} is not a dotted path. Write package.module.Name.")
    with importing_from(models):
        try:
            module = importlib.import_module(module_name)
        except Exception as error:
            raise UserCodeError(
                f"{path!r} cannot be imported: {error}. Installed packages and {PACKAGE}.<model>.<module> "
                "(a file beside model.yaml) can be named."
            ) from error
    try:
        return getattr(module, name)
    except AttributeError:
        raise UserCodeError(f"{module_name!r} has nothing called {name!r}. Correct the last part.") from None


def code_digest(folder: Path) -> str:
    """Return one digest over the Python files of a model's folder: which code this model was made with."""
    digest = hashlib.sha256()
    for path in sorted(folder.rglob("*.py")):
        digest.update(path.relative_to(folder).as_posix().encode() + b"\0" + path.read_bytes() + b"\0")
    return digest.hexdigest()


def _is_ours(name: str) -> bool:
    return name == PACKAGE or name.startswith(PACKAGE + ".")
