"""The scoring API over loopback, one row a request; ours logs each answer in PostgreSQL first."""

from collections.abc import Callable, Iterator
from contextlib import AbstractContextManager, contextmanager
from statistics import median
from typing import Any

from airlock.governance.key_fields import fingerprint_of, new_key
from bench.case import Case, Measured, Side
from bench.server import WARM_UP, Server, bodies, serving
from bench.world import World

CONNECTIONS = 8
ROWS = 200
Load = Callable[[Server, list[bytes]], float]
Row = dict[str, Any]


@contextmanager
def airlock(world: World) -> Iterator[tuple[Server, Callable[[Row], object]]]:
    """The scoring API with its champion, on a real PostgreSQL."""
    key = new_key()
    environment = {
        "AIRLOCK_DATABASE_URL": world.size.database,
        "AIRLOCK_STORE": str(world.store),
        "AIRLOCK_SCORING_KEY_FINGERPRINT": fingerprint_of(key),
    }
    with serving(
        "uvicorn",
        "airlock.serving.app:app",
        "--log-level",
        "warning",
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


def throughput(server: Server, requests: list[bytes]) -> float:
    """Return how many requests are answered a second, over several connections."""
    return server.ask_at_once(requests, CONNECTIONS)


def side(
    server: Callable[[World], AbstractContextManager[tuple[Server, Callable[[Row], object]]]], load: Load
) -> Side:
    """Return one side: a server under a load."""

    def measured(world: World) -> Measured:
        rows = _rows(world)
        with server(world) as (running, form):
            running.ask(bodies(rows, form, WARM_UP))
            value = load(running, bodies(rows, form, world.size.requests))
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
        ours=side(airlock, load),
        peers={"mlflow models serve, unlogged": side(mlflow, load)},
        runs=3,
        peer_runs=1,
        database=True,
    )
    for what, unit, load in (
        ("1 connection, median answer", "ms", latency),
        (f"{CONNECTIONS} connections", "requests/s", throughput),
    )
)
