"""Pieces of work, done one after another here, or on the workers of the Dask cluster that AIRLOCK_DASK names.

Which of the two must not be seen in what comes out. So a worker does one piece at a time, on one core, with
the same code and the same libraries, and says what it was warned of.
"""

import gc
import warnings
from collections.abc import Callable, Iterator, Sequence
from contextlib import contextmanager, suppress
from dataclasses import dataclass
from functools import partial
from typing import TYPE_CHECKING, Generic, TypeVar

from airlock.package.cores import one_core
from airlock.settings import settings
from airlock.training.errors import DaskError
from airlock.training.heard import listening
from airlock.training.surroundings import Surroundings, surroundings

if TYPE_CHECKING:
    from distributed import Client, Future

Shared = TypeVar("Shared")
Piece = TypeVar("Piece")
Result = TypeVar("Result")

#: How long a scheduler may take to answer, and a cluster to have a worker.
PATIENCE_SECONDS = 30
#: How often a task that waits looks whether somebody is left to do the work.
GLANCE_SECONDS = 5


@dataclass(frozen=True)
class Done(Generic[Result]):
    """What a worker made of one piece, and the warnings that its libraries gave meanwhile."""

    result: Result
    warned: tuple[tuple[type[Warning], str], ...]


class PieceError(Exception):
    """The work failed on a worker, as it would have here: with the error that this holds."""

    def __init__(self, error: Exception) -> None:
        super().__init__(error)
        self.error = error


def spread(work: Callable[[Shared, Piece], Result], shared: Shared, pieces: Sequence[Piece]) -> list[Result]:
    """Return what `work` makes of each piece, in their order.

    Parameters
    ----------
    work
        What is done with `shared` and one piece. Where it fails, its error comes out of this.
    shared
        What every piece needs. Each worker is given it once.

    Raises
    ------
    DaskError
        When AIRLOCK_DASK names a scheduler, and it or its workers do not do the work.
    """
    address = settings().dask
    if not address:
        return [work(shared, piece) for piece in pieces]
    with _cluster(address) as client:
        copies = client.scatter([shared], broadcast=True, hash=False)
        alone = partial(do_alone, surroundings(), work)
        futures = [client.submit(alone, *copies, piece, pure=False) for piece in pieces]
        _wait(client, futures)
        done = client.gather(futures)
    for category, text in dict.fromkeys(heard for one in done for heard in one.warned):
        warnings.warn(text, category, stacklevel=2)
    return [one.result for one in done]


def do_alone(
    asked: Surroundings, work: Callable[[Shared, Piece], Result], shared: Shared, piece: Piece
) -> Done[Result]:
    """Do one piece on a Dask worker as it would be done where it was asked for.

    Raises
    ------
    DaskError
        When the worker does several pieces at once, or has other code or libraries.
    PieceError
        When the work itself fails.
    """
    from distributed import get_worker
    from joblib import parallel_config

    worker = get_worker()
    if (threads := worker.state.nthreads) != 1:
        raise DaskError(
            f"The Dask worker {worker.name} does {threads} pieces of work at once in one process, and they "
            "would mix up their warnings and their cores. Start it with --nthreads 1; --nworkers gives more."
        )
    if difference := surroundings().difference(asked):
        raise DaskError(
            f"The Dask worker {worker.name} is not like the task that asks it: {difference}. What it finds "
            "could not be found again. Start it again from the same checkout or image as Airflow."
        )
    # A worker may not start processes of its own, and joblib would warn of it.
    with one_core(), parallel_config(backend="sequential"), listening() as heard:
        try:
            result = work(shared, piece)
        except Exception as error:
            raise PieceError(error) from error
    return Done(result, tuple((warning.category, str(warning.message)) for warning in heard))


@contextmanager
def _cluster(address: str) -> Iterator["Client"]:
    """Give a client of a cluster that has a worker; name the setting in what goes wrong with the cluster."""
    with warnings.catch_warnings():
        warnings.simplefilter("ignore")  # Dask's own words are not about the model
        from distributed import Client

        # A client that reached nobody closes itself when it is collected; inside the making of another one
        # both would wait for the same lock for ever.
        gc.collect()
        try:
            client = Client(address, timeout=PATIENCE_SECONDS, set_as_default=False)
        except (OSError, ValueError) as error:
            cure = "Start one (docs/dask.md), correct the address, or empty the setting."
            raise _broken(address, "no Dask scheduler answers there", cure, error) from error
        try:
            _wait_for_a_worker(client)
            yield client
        except PieceError as failed:
            raise failed.error from failed
        except DaskError:
            raise
        except Exception as error:
            cure = "Look at its scheduler and its workers (docs/dask.md), or empty the setting."
            raise _broken(address, "the search was not done there", cure, error) from error
        finally:
            with suppress(OSError):
                client.close()


def _wait_for_a_worker(client: "Client") -> None:
    try:
        client.wait_for_workers(1, timeout=PATIENCE_SECONDS)
    except TimeoutError:
        raise TimeoutError(f"it has had no worker for {PATIENCE_SECONDS} s") from None


def _wait(client: "Client", futures: Sequence["Future"]) -> None:
    """Wait until all is done or one piece has failed; give up where nobody is left to do it."""
    from distributed import wait

    while {future.status for future in futures} <= {"pending", "finished"}:
        with suppress(TimeoutError), client.as_current():
            wait(futures, timeout=GLANCE_SECONDS)
            return
        _wait_for_a_worker(client)


def _broken(address: str, what: str, cure: str, error: Exception) -> DaskError:
    said = " ".join(str(error).split()).rstrip(".")[:300] or type(error).__name__
    return DaskError(f"AIRLOCK_DASK is {address}, and {what}: {said}. {cure}")
