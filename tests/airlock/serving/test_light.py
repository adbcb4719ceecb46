"""The process that answers stays small: it loads a portable model without the libraries that made it."""

import json
import subprocess
import sys

import pytest

from airlock.package.package import Package
from stack.settings import ROOT
from tests.airlock.serving.conftest import World

FORBIDDEN = ("alembic", "mlflow", "pandas", "pyarrow", "scipy", "shap", "skl2onnx", "sklearn", "skops")
MOST_MB = 150
ANSWERING = """
import json, sys
from pathlib import Path
import airlock.serving.app
from airlock.serving.loading import load
from airlock.store import Store
store, digest = sys.argv[1:]
load(Store(Path(store)), "loans", digest)
heavy = [name for name in {forbidden} if name in sys.modules]
import psutil
print(json.dumps([heavy, psutil.Process().memory_info().rss / 2**20]))
"""


def answering(world: World, package: Package) -> tuple[list[str], float]:
    """Import the app and load a package in a process; return its heavy libraries, and its memory in MB."""
    done = subprocess.run(
        [sys.executable, "-c", ANSWERING.format(forbidden=FORBIDDEN), str(world.store), package.digest],
        env={"PYTHONPATH": str(ROOT / "plugins")},
        capture_output=True,
        text=True,
    )
    assert done.returncode == 0, done.stderr
    heavy, mb = json.loads(done.stdout)
    return heavy, mb


@pytest.mark.parametrize("name", ["linear", "trees"])
def test_an_application_that_answers_has_no_heavy_library_and_stays_small(world: World, name: str) -> None:
    heavy, mb = answering(world, getattr(world, name))
    assert heavy == []
    assert mb < MOST_MB


def test_a_model_without_a_portable_form_is_served_by_what_made_it(world: World, rivals) -> None:
    heavy, _ = answering(world, rivals.fragile)
    assert "sklearn" in heavy
