"""Which types a stored model may be made of: scikit-learn's, NumPy's, SciPy's, a glass box's, its own code's.

Skops calls no function that a file names, but it makes objects of the classes in it, without their
`__init__`, and fills their attributes from the file. So every class let through is one whose methods a forged
file could run on values of its choice, and a library is let through whole only where that does no harm.
`interpret` is not: it has classes that open sockets. Of it only the two explainable boosting machines may be
loaded. They hold numbers, texts, lists and arrays, and answer by looking values up in these; what is left of
the risk is that of scikit-learn's trees: arrays that do not fit one another reach compiled code. The digest
that a package is opened by is what keeps a forged file out in the first place.
"""

import importlib
import sys
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Any

from airlock.package.errors import PackageError
from airlock.package.quiet_skops import skops
from airlock.usercode import PACKAGE, importing_from

LIBRARIES = ("sklearn", "numpy", "scipy")
#: By their whole names: another class of the same module is not let through.
GLASS_BOXES = tuple(
    f"interpret.glassbox._ebm._ebm.ExplainableBoosting{kind}" for kind in ("Classifier", "Regressor")
)


def trusted_types(path: Path, model: str, code: Path) -> list[str]:
    """Return the types a skops file needs beyond those that skops itself trusts.

    Only classes are let through: a function named in a file would be called with what the file says.

    Raises
    ------
    PackageError
        When one of them is no class of the libraries, no glass box and none of the model's own code.
    """
    needed = skops.io.get_untrusted_types(file=path)
    with importing_own_code(code):
        refused = [name for name in needed if not _may_be_loaded(name, model)]
    if refused:
        raise PackageError(
            f"{path.name} of {model} is made of {', '.join(refused)}, which may not be loaded. "
            f"A model may hold classes of {', '.join(LIBRARIES)}, explainable boosting machines of interpret "
            f"and classes of its own folder ({PACKAGE}.{model}); use those."
        )
    return needed


def load_pipeline(path: Path, model: str, code: Path) -> Any:
    """Load a skops file that is made of nothing but trusted types; no pickled code runs."""
    trusted = trusted_types(path, model, code)
    try:
        with importing_own_code(code):
            return skops.io.load(path, trusted=trusted)
    except (
        skops.io.exceptions.UntrustedTypesFoundException,
        ImportError,
        AttributeError,
        TypeError,
    ) as error:
        raise PackageError(
            f"{path.name} of {model} cannot be loaded: {error}. It was made by other library versions, "
            "or its code is incomplete: compare provenance.json with what is installed, or train again."
        ) from error


@contextmanager
def importing_own_code(code: Path) -> Iterator[None]:
    """Import the code kept in a package, and leave no compiled files in it: its digest must not change."""
    before = sys.dont_write_bytecode
    sys.dont_write_bytecode = True
    try:
        with importing_from(code):
            yield
    finally:
        sys.dont_write_bytecode = before


def _may_be_loaded(name: str, model: str) -> bool:
    if name in GLASS_BOXES:
        return True
    module_name, _, attribute = name.rpartition(".")
    own = f"{PACKAGE}.{model}"
    if module_name.split(".")[0] not in LIBRARIES and not f"{module_name}.".startswith(f"{own}."):
        return False
    try:
        return isinstance(getattr(importlib.import_module(module_name), attribute), type)
    except (ImportError, AttributeError):
        return False
