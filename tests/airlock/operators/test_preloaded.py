"""What is in memory before tasks are forked must leave them able to work."""

import os
import subprocess
import sys

from stack.settings import ROOT

FORKED = """
import os, sys, threading
from airlock.operators.preloaded import LIBRARIES, preload

preload()
assert all(library in sys.modules for library in LIBRARIES)
assert threading.active_count() == 1, threading.enumerate()
ours = {name for name in sys.modules if name.startswith("airlock.")}
assert ours == {"airlock.operators", "airlock.operators.preloaded"}, ours

child = os.fork()
if child:
    _, status = os.waitpid(child, 0)
    sys.exit(os.waitstatus_to_exitcode(status))

import numpy as np
import pyarrow as pa
from sklearn.ensemble import HistGradientBoostingClassifier

values = np.random.default_rng(1).normal(size=(5_000, 4))
truth = values[:, 0] > 0
assert HistGradientBoostingClassifier(max_iter=5).fit(values, truth).score(values, truth) > 0.9
assert (values.T @ values).shape == (4, 4)
assert len(pa.table({"one": values[:, 0]}).filter(pa.array(truth))) == truth.sum()
os._exit(0)  # as Airflow ends a task
"""


def test_a_fork_of_it_fits_multiplies_and_counts() -> None:
    done = subprocess.run(
        [sys.executable, "-c", FORKED],
        env={**os.environ, "PYTHONPATH": "plugins"},
        cwd=ROOT,
        capture_output=True,
        text=True,
        timeout=300,
    )
    assert done.returncode == 0, done.stderr
