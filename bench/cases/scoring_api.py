"""The scoring API over loopback, one row a request; ours has each answer on the disk before it is given."""

import time
from collections.abc import Callable, Iterator
from contextlib import AbstractContextManager, contextmanager
from statistics import median, quantiles
from typing import Any

from airlock.governance.key_fields import fingerprint_of, new_key
from bench.case import Case, Measured, Side
from bench.server import WARM_UP, Server, bodies, serving
from bench.world import World

#: A few at once, and as many as let what waits be forced to the disk together.
FEW, MANY = 8, 32
ROWS = 200
#: Ours is asked so many times more requests, or it would be measured for less than a second.
LONGER = 10
Load = Callable[[Server, list[bytes]], float]
Row = dict[str, Any]


@contextmanager
def airlock(world: World) -> Iterator[tuple[Server, Callable[[Row], object]]]:
    """The scoring API with its champion, one worker, on a real PostgreSQL."""
    key = new_key()
    environment = {
        "AIRLOCK_DATABASE_URL": world.size.database,
        "AIRLOCK_STORE": str(world.store),
        "AIRLOCK_SPOOL": str(world.folder / "spool"),
        "AIRLOCK_SCORING_KEY_FINGERPRINT": fingerprint_of(key),
    }
    with serving(
        "airlock.serving",
        ready="/readyz",
        path="/v1/models/loans/predict",
        log=world.folder / "airlock.log",
        environment=environment,
        key=key,
    ) as server:
        yield server, lambda row: {"rows": [{"features": row}]}


@contextmanager
def mlflow(world: World) -> Iterator[tuple[Server, Callable[[Row], object]]]:
    """MLflow's own server with the same package; it keeps nothing."""
    with serving(
        "mlflow",
        *("models", "serve", "--env-manager", "local", "--workers", "1"),
        *("--model-uri", str(world.package.folder)),
        ready="/ping",
        path="/invocations",
        log=world.folder / "mlflow.log",
    ) as server:
        yield server, _split


def _split(row: Row) -> object:
    """Return a row in MLflow's form; the model's signature there says that a boolean is a number."""
    values = [float(value) if isinstance(value, bool) else value for value in row.values()]
    return {"dataframe_split": {"columns": list(row), "data": [values]}}


def latency(server: Server, requests: list[bytes]) -> float:
    """Return the median of the answers' times in milliseconds, over one connection."""
    return median(server.ask(requests)) * 1000


def usual(server: Server, requests: list[bytes]) -> float:
    """Return the median of the answers' times in milliseconds, over a few connections."""
    return median(server.ask_at_once(requests, FEW)) * 1000


def slowest(server: Server, requests: list[bytes]) -> float:
    """Return the milliseconds within which 99 of 100 answers come, over a few connections."""
    return quantiles(server.ask_at_once(requests, FEW), n=100)[-1] * 1000


def throughput(connections: int) -> Load:
    """Return what measures how many requests are answered a second, over several connections."""

    def measured(server: Server, requests: list[bytes]) -> float:
        began = time.perf_counter()
        server.ask_at_once(requests, connections)
        return len(requests) / (time.perf_counter() - began)

    return measured


def memory(server: Server, requests: list[bytes]) -> float:
    """Return the resident memory in MB after a load."""
    server.ask_at_once(requests, FEW)
    return server.memory_mb()


def side(
    server: Callable[[World], AbstractContextManager[tuple[Server, Callable[[Row], object]]]],
    load: Load,
    *,
    times: int = 1,
) -> Side:
    """Return one side: a server under a load."""

    def measured(world: World) -> Measured:
        rows = _rows(world)
        with server(world) as (running, form):
            running.ask(bodies(rows, form, WARM_UP))
            value = load(running, bodies(rows, form, world.size.requests * times))
            return Measured(value, running.memory_mb())

    return measured


def _rows(world: World) -> list[Row]:
    """Return rows without missing values, which MLflow's server would refuse."""
    import pyarrow.parquet as pq

    table = pq.read_table(world.night, columns=list(world.spec.data.features)).slice(0, ROWS * 5)
    return [row for row in table.to_pylist() if None not in row.values()][:ROWS]


CASES = tuple(
    Case(
        name=f"scoring API, {what}",
        unit=unit,
        ours=side(airlock, ours, times=LONGER),
        peers={f"mlflow models serve, unlogged{of}": side(mlflow, theirs)},
        runs=3,
        peer_runs=1,
        database=True,
    )
    for what, unit, ours, theirs, of in (
        ("1 connection, median answer", "ms", latency, latency, ""),
        (f"{FEW} connections", "requests/s", throughput(FEW), throughput(FEW), ""),
        (f"{MANY} connections", "requests/s", throughput(MANY), throughput(MANY), ""),
        (f"{FEW} connections, 99 of 100 answers", "ms", slowest, usual, ": its median"),
        (f"memory after {FEW} connections", "MB", memory, memory, ""),
    )
)
