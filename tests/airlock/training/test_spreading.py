"""Searches over a real Dask cluster: the same candidates as without, or a failure that names the setting."""

import os
import signal
import subprocess
import sys
import time
from collections.abc import Callable, Iterator
from concurrent.futures import Future, ThreadPoolExecutor
from pathlib import Path
from typing import Any

import pytest

from airlock.chain.training import package_of
from airlock.package.fitted import Fitted
from airlock.settings import ROOT
from airlock.spec import SpecError
from airlock.store import Store
from airlock.training import spreading
from airlock.training.candidate import fit
from airlock.training.errors import DaskError
from airlock.training.surroundings import Surroundings
from tests.airlock.dask_cluster import PATIENCE_SECONDS, Cluster, dask_cluster
from tests.airlock.loans import LINEAR, TREES, loan_spec, loans

ONE_THREAD = ("--nthreads", "1")
#: An estimator that says where it is fitted, and waits there as long as the file `hold` is in its folder.
WAITING = """
import os
import pathlib
import time

from sklearn.linear_model import LogisticRegression

from airlock_models.loans.settings import STRENGTH


class Waiting(LogisticRegression):
    def __init__(self, folder=None, C=STRENGTH):
        super().__init__(C=C)
        self.folder = folder

    def fit(self, rows, truth):
        folder = pathlib.Path(self.folder)
        (folder / str(os.getpid())).touch()
        while (folder / "hold").exists():
            time.sleep(0.02)
        return super().fit(rows, truth)
"""


#: Asks twice at no address of a scheduler; garbage is collected at the worst of moments.
TWICE_IN_VAIN = """
import gc

from distributed.utils import LoopRunner

from airlock.training import spreading
from airlock.training.errors import DaskError

gc.disable()
begin = LoopRunner._start_unlocked


def collecting(self):
    gc.collect()
    begin(self)


LoopRunner._start_unlocked = collecting
spreading.PATIENCE_SECONDS = 1
for _ in range(2):
    try:
        spreading.spread(max, 1, [2])
    except DaskError as error:
        print(type(error).__name__)
"""


@pytest.fixture(scope="module")
def cluster(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Cluster]:
    """Two workers, each with a nanny that starts it again when it dies, as `dask worker` does."""
    folder = tmp_path_factory.mktemp("dask")
    with dask_cluster(folder, *(("--name", name, *ONE_THREAD) for name in ("w1", "w2"))) as made:
        yield made


@pytest.fixture
def on_dask(cluster: Cluster, monkeypatch: pytest.MonkeyPatch) -> Callable[[], None]:
    """Wait for both workers, and name the cluster in the setting when called."""
    from distributed import Client

    with Client(cluster.address, set_as_default=False) as client:
        client.wait_for_workers(2, timeout=PATIENCE_SECONDS)
    return lambda: monkeypatch.setenv("AIRLOCK_DASK", cluster.address)


@pytest.fixture
def waiting(tmp_path: Path) -> dict[str, Any]:
    """A candidate of the model's own code, in two files, that waits while its folder says so."""
    (tmp_path / "loans").mkdir()
    (tmp_path / "loans" / "waiting.py").write_text(WAITING)
    (tmp_path / "loans" / "settings.py").write_text("STRENGTH = 0.5\n")
    (tmp_path / "fitted").mkdir()
    return {
        "estimator": "airlock_models.loans.waiting.Waiting",
        "parameters": {"folder": str(tmp_path / "fitted")},
        "search": {"space": {"C": [0.1, 0.3, 1.0]}},
    }


def fitted(candidate: dict[str, Any], models: Path) -> Fitted:
    return fit(loan_spec(candidates={"it": candidate}), "it", loans(300), models=models)


def found(made: Fitted) -> tuple[Any, ...]:
    """Return everything that a search finds and a package tells."""
    later = loans(100, seed=2)
    return (
        made.parameters,
        made.trials,
        made.cross_validation,
        made.warnings,
        made.answer(later).scores.tolist(),
    )


def began(folder: Path, search: Future, fewest: int) -> list[int]:
    """Wait until so many processes have begun to fit, and return their numbers."""
    deadline = time.monotonic() + PATIENCE_SECONDS
    while len(numbers := [int(path.name) for path in folder.iterdir() if path.name.isdecimal()]) < fewest:
        assert not search.done(), search.exception()
        assert time.monotonic() < deadline, f"only {numbers} began"
        time.sleep(0.02)
    return numbers


@pytest.fixture
def held(waiting: dict[str, Any], tmp_path: Path) -> Iterator[Callable[[], Future]]:
    """Start a search in the background whose fits wait until the file `hold` is gone."""
    hold = tmp_path / "fitted" / "hold"
    hold.touch()
    with ThreadPoolExecutor() as pool:
        yield lambda: pool.submit(fitted, waiting, tmp_path)
        hold.unlink(missing_ok=True)


@pytest.mark.parametrize("candidate", [LINEAR, TREES], ids=["linear", "trees"])
def test_the_same_package_comes_out(
    candidate: dict[str, Any], on_dask: Callable[[], None], tmp_path: Path
) -> None:
    spec, train, holdout = loan_spec(candidates={"it": candidate}), loans(300), loans(100, seed=2)
    (tmp_path / "loans").mkdir()

    def digest() -> str:
        package = package_of(
            spec,
            fit(spec, "it", train, models=tmp_path),
            train,
            holdout,
            snapshot="0" * 64,
            code_version="c0de",
            store=Store(tmp_path / "store"),
            models=tmp_path,
        )
        return package.digest

    here = digest()
    on_dask()
    assert digest() == here


def test_both_workers_work_on_the_model_s_own_code(
    on_dask: Callable[[], None], waiting: dict[str, Any], held: Callable[[], Future], tmp_path: Path
) -> None:
    on_dask()
    search = held()
    workers = began(tmp_path / "fitted", search, 2)
    (tmp_path / "fitted" / "hold").unlink()
    over_both = search.result()
    assert os.getpid() not in workers
    assert found(over_both) == found(fitted(waiting, tmp_path))
    assert over_both.parameters["C"] in (0.1, 0.3, 1.0)


def test_a_worker_killed_in_the_middle_loses_nothing(
    on_dask: Callable[[], None],
    waiting: dict[str, Any],
    held: Callable[[], Future],
    tmp_path: Path,
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    on_dask()
    search = held()
    killed = began(tmp_path / "fitted", search, 2)[0]
    os.kill(killed, signal.SIGKILL)
    (tmp_path / "fitted" / "hold").unlink()
    over_the_other = search.result()
    monkeypatch.delenv("AIRLOCK_DASK")
    assert found(over_the_other) == found(fitted(waiting, tmp_path))


def test_what_workers_are_warned_of_is_kept_for_the_approver(
    on_dask: Callable[[], None], tmp_path: Path
) -> None:
    hasty = LINEAR | {"parameters": {"max_iter": 1}}
    here = fitted(hasty, tmp_path)
    on_dask()
    assert found(fitted(hasty, tmp_path)) == found(here)
    assert [warning.split(":")[0] for warning in here.warnings] == ["ConvergenceWarning"]


def test_a_wrong_parameter_is_named_as_it_is_without(on_dask: Callable[[], None], tmp_path: Path) -> None:
    on_dask()
    with pytest.raises(SpecError, match=r"candidates\.it: The 'C' parameter of LogisticRegression must be"):
        fitted(LINEAR | {"parameters": {"C": -1}}, tmp_path)


def test_workers_with_other_libraries_are_refused(
    on_dask: Callable[[], None], tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    on_dask()
    versions = dict(spreading.surroundings().versions) | {"numpy": "0.1"}
    monkeypatch.setattr(spreading, "surroundings", lambda: Surroundings(tuple(versions.items())))
    with pytest.raises(
        DaskError, match=r"worker w[12] is not like .*: numpy is .* and not 0\.1\. .*Start it"
    ):
        fitted(LINEAR, tmp_path)


def test_without_a_scheduler_the_setting_is_named(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(spreading, "PATIENCE_SECONDS", 1)
    monkeypatch.setenv("AIRLOCK_DASK", "tcp://127.0.0.1:1")
    with pytest.raises(DaskError, match=r"AIRLOCK_DASK is tcp://127\.0\.0\.1:1, and no Dask scheduler"):
        fitted(LINEAR, tmp_path)


def test_a_second_search_does_not_wait_for_ever_for_one_that_found_nobody() -> None:
    done = subprocess.run(
        [sys.executable, "-c", TWICE_IN_VAIN],
        env={**os.environ, "AIRLOCK_DASK": "ftp://127.0.0.1:1", "PYTHONPATH": str(ROOT / "plugins")},
        capture_output=True,
        text=True,
        timeout=PATIENCE_SECONDS,
    )
    assert done.stdout.split() == ["DaskError", "DaskError"], done.stderr


@pytest.mark.parametrize("address", ["ftp://127.0.0.1:1", "nowhere.invalid:8786"])
def test_a_wrong_address_names_the_setting(
    address: str, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(spreading, "PATIENCE_SECONDS", 1)
    monkeypatch.setenv("AIRLOCK_DASK", address)
    with pytest.raises(DaskError, match=f"AIRLOCK_DASK is {address}, and no Dask scheduler answers there"):
        fitted(LINEAR, tmp_path)


def test_without_a_worker_nothing_is_done_here_instead(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(spreading, "PATIENCE_SECONDS", 1)
    with dask_cluster(tmp_path) as cluster:
        monkeypatch.setenv("AIRLOCK_DASK", cluster.address)
        with pytest.raises(DaskError, match="has had no worker for 1 s"):
            fitted(LINEAR, tmp_path)


def test_a_worker_that_does_several_pieces_at_once_is_refused(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    with dask_cluster(tmp_path, ("--nthreads", "2", "--no-nanny")) as cluster:
        monkeypatch.setenv("AIRLOCK_DASK", cluster.address)
        with pytest.raises(DaskError, match="does 2 pieces of work at once .* --nthreads 1"):
            fitted(LINEAR, tmp_path)


@pytest.mark.parametrize("victim", ["scheduler", "only worker"])
def test_what_goes_away_in_the_middle_fails_the_search(
    victim: str, held: Callable[[], Future], tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(spreading, "GLANCE_SECONDS", 1)
    with dask_cluster(tmp_path, (*ONE_THREAD, "--no-nanny")) as cluster:
        monkeypatch.setenv("AIRLOCK_DASK", cluster.address)
        search = held()
        began(tmp_path / "fitted", search, 1)
        monkeypatch.setattr(spreading, "PATIENCE_SECONDS", 2)
        gone: subprocess.Popen = cluster.scheduler if victim == "scheduler" else cluster.workers[0]
        gone.kill()
        error = search.exception(timeout=PATIENCE_SECONDS)
        (tmp_path / "fitted" / "hold").unlink()
        assert isinstance(error, DaskError)
        assert f"AIRLOCK_DASK is {cluster.address}, and the search was not done there" in str(error)
