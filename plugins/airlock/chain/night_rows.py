"""What was answered in a night, as the version that is watched took it in."""

from collections.abc import Iterator
from typing import TYPE_CHECKING

from sqlalchemy.engine import Engine

from airlock.data.window import Window
from airlock.governance.predictions import stream_window
from airlock.package.package import Package
from airlock.store import Store

if TYPE_CHECKING:
    import pyarrow as pa


def night_rows(package: Package, window: Window, store: Store, engine: Engine) -> "Iterator[pa.Table]":
    """Yield what was answered about the events of a window, smoke tests left out, a few rows at a time.

    The features are those of the package that answered, whatever the spec lists today.
    """
    signature = package.signature
    with engine.connect() as connection:
        yield from stream_window(connection, signature.model, window, kinds=signature.kinds, store=store)
