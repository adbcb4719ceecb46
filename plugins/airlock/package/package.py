"""Package: everything a released model is, in one folder known by its digest.

Opening one imports neither pandas nor pyarrow, so that the process that answers stays small; what reads
Parquet imports it then.
"""

import json
from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING, Any

from airlock.package.signature import Signature
from airlock.store import Store
from airlock.usercode import PACKAGE

if TYPE_CHECKING:
    import pyarrow as pa

KIND = "packages"
MODEL_FILE = "model.skops"
PORTABLE_FILE = "model.onnx"
BACKGROUND_FILE = "background.json"
BACKGROUND_ROWS = 50
SCORE, PREDICTION = "score", "prediction"


@dataclass(frozen=True)
class Package:
    """A trained model whose every byte is proved by its digest."""

    digest: str
    folder: Path
    signature: Signature
    provenance: Mapping[str, Any]

    @property
    def model_file(self) -> Path:
        """The fitted pipeline, as a skops file."""
        return self.folder / MODEL_FILE

    @property
    def code(self) -> Path:
        """The folder that holds the model's own code, as `<model>/<file>.py`; absent where there is none."""
        return self.folder / "code" / PACKAGE

    @property
    def portable_file(self) -> Path:
        """The portable form; absent where it could not be proved equal, of which `portable` says why."""
        return self.folder / PORTABLE_FILE

    @property
    def is_portable(self) -> bool:
        """Whether its portable form serves, and not the original."""
        return self.portable_file.is_file()

    def portable(self) -> dict[str, Any]:
        """Return the proof of the portable form: `airlock.package.portable.Portable` as JSON."""
        return _read(self.folder / "portable.json")

    def profile(self) -> dict[str, Any]:
        """Return the profile of the reference rows, which drift is measured from."""
        return _read(self.folder / "reference.json")

    def examples(self) -> list[dict[str, Any]]:
        """Return rows of the hold-out with the answers to expect: features, score, prediction."""
        return _read(self.folder / "examples.json")

    def background(self) -> list[dict[str, Any]]:
        """Return some of the reference rows, evenly spread: the features, as plain JSON values."""
        kept = self.folder / BACKGROUND_FILE
        if kept.is_file():
            return _read(kept)
        rows = self.reference().select(list(self.signature.kinds))  # a package older than this file
        return rows.take(evenly(len(rows), BACKGROUND_ROWS)).to_pylist()

    def reference(self) -> "pa.Table":
        """Return the reference rows: the features, with columns score and prediction."""
        import pyarrow.parquet as pq

        return pq.read_table(self.folder / "reference.parquet")


def open_package(store: Store, digest: str) -> Package:
    """Return a kept package, once its content is proved to be what its digest says.

    Raises
    ------
    StoreError
        When it is missing or was changed.
    """
    folder = store.folder(KIND, digest)
    signature = Signature.from_json(_read(folder / "signature.json"))
    return Package(digest, folder, signature, _read(folder / "provenance.json"))


def evenly(rows: int, most: int) -> list[int]:
    """Return at most `most` positions from the first row to the last, ascending.

    >>> evenly(9, 3), evenly(2, 3)
    ([0, 4, 8], [0, 1])
    """
    taken = min(most, rows)
    return [place * (rows - 1) // max(1, taken - 1) for place in range(taken)]


def _read(path: Path) -> Any:
    return json.loads(path.read_text(encoding="utf-8"))
