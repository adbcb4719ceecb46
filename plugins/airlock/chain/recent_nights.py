"""The nights up to one night, read again where it has too few rows for triage to tell anything."""

from collections.abc import Iterator
from datetime import timedelta
from typing import TYPE_CHECKING

from sqlalchemy.engine import Engine

from airlock.chain.night_rows import night_rows
from airlock.data.window import Window
from airlock.governance.prediction_table import schema
from airlock.monitoring.thinning import Thinned
from airlock.package.package import Package
from airlock.store import Store
from airlock.triage.facts import MOST_ROWS
from airlock.triage.recent import MOST_NIGHTS, Recent, together

if TYPE_CHECKING:
    import pyarrow as pa

DAY = timedelta(days=1)
#: How far back the first of them lies.
FARTHEST = (MOST_NIGHTS - 1) * DAY


def recent_nights(package: Package, version: int, night: Window, store: Store, engine: Engine) -> Recent:
    """Return what a version answered in a night and in those before it, until the rows are enough.

    Whoever was asked about again counts once, as in the newest night: the same rows night after night say no
    more than those of one night.
    """
    return together(_newest_first(package, version, night, store, engine))


def _newest_first(
    package: Package, version: int, night: Window, store: Store, engine: Engine
) -> "Iterator[pa.Table]":
    import pyarrow as pa
    import pyarrow.compute as pc

    assert night.start is not None and night.end is not None
    seen = pa.array([], pa.string())
    for ago in range(MOST_NIGHTS):
        rows = _answered(package, Window(night.start - ago * DAY, night.end - ago * DAY), store, engine)
        rows = rows.filter(pc.equal(rows["version"], version))
        rows = rows.filter(pc.invert(pc.is_in(rows["entity_key"], value_set=seen)))
        seen = pa.concat_arrays([seen, rows["entity_key"].combine_chunks()])
        yield rows


def _answered(package: Package, night: Window, store: Store, engine: Engine) -> "pa.Table":
    thinned = Thinned(schema(package.signature.kinds), MOST_ROWS)
    for _ in thinned.passing(night_rows(package, night, store, engine)):
        pass
    return thinned.table()
