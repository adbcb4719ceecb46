"""The world that every case stands on: a night of a lender with 31 features, its model and its suite."""

import json
import subprocess
import sys
from dataclasses import asdict, dataclass
from functools import cached_property
from pathlib import Path
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from airlock.package.package import Package
    from airlock.spec import ModelSpec

NIGHT, LONG_NIGHT = "night.parquet", "long_night.parquet"
REFERENCE, ANSWERED = "reference.parquet", "answered.parquet"
SUITE = "expectations.json"


@dataclass(frozen=True)
class Size:
    """How much is measured, and where the databases are, for the cases that need them."""

    rows: int = 100_000
    training_rows: int = 20_000
    requests: int = 1_000
    database: str = ""
    warehouse: str = ""


@dataclass(frozen=True)
class World:
    """A folder made by `bench.making`."""

    folder: Path

    @cached_property
    def size(self) -> Size:
        """How much is measured."""
        return Size(**json.loads((self.folder / "size.json").read_text()))

    def write_size(self, size: Size) -> None:
        """Keep how much is to be measured."""
        (self.folder / "size.json").write_text(json.dumps(asdict(size)))

    @property
    def night(self) -> Path:
        """The night's rows, Parquet."""
        return self.folder / NIGHT

    @property
    def long_night(self) -> Path:
        """A night of `bench.long_night.ROWS`, Parquet; made by the first that asks for it."""
        file = self.folder / LONG_NIGHT
        if not file.exists():
            command = [sys.executable, "-m", "bench.long_night", str(file)]
            subprocess.run(command, check=True)  # so that making it counts in nobody's memory
        return file

    @property
    def reference(self) -> Path:
        """As many rows of the time before, with the model's answers, Parquet."""
        return self.folder / REFERENCE

    @property
    def answered(self) -> Path:
        """The night's features with the model's answers, Parquet."""
        return self.folder / ANSWERED

    @property
    def suite(self) -> Path:
        """Thirty ordinary expectations."""
        return self.folder / SUITE

    @property
    def store(self) -> Path:
        """The evidence store that holds the package."""
        return self.folder / "store"

    @cached_property
    def spec(self) -> "ModelSpec":
        """The model's spec."""
        from bench.lender import spec

        return spec()

    @cached_property
    def package(self) -> "Package":
        """The trained model."""
        from airlock.package.package import open_package
        from airlock.store import Store

        return open_package(Store(self.store), (self.folder / "package").read_text())
