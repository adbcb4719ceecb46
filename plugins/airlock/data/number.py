"""Reading one number: a figure of the business, from its indicator's own source."""

import math
from collections.abc import Callable
from datetime import datetime
from decimal import Decimal
from numbers import Real
from pathlib import Path

from sqlalchemy import Engine

from airlock.data.errors import DataError
from airlock.data.sources import Request, pieces
from airlock.data.sources.function import called
from airlock.data.window import Window, require_utc
from airlock.spec.data import CallableSource, Source
from airlock.spec.model import ModelSpec

VALUE = "value"


def read_number(
    spec: ModelSpec,
    indicator: str,
    *,
    window: Window,
    as_of: datetime,
    models: Path,
    connect: Callable[[str], Engine],
) -> float:
    """Return an indicator's figure over a window, as it was known at `as_of`.

    Its source is read as that of the model's data is: a query read-only, with :start, :end and :as_of bound.

    Raises
    ------
    DataError
        Where the source fails or gives anything but one finite number: no row, several, or an empty one.
    """
    require_utc("as_of", as_of)
    source = spec.monitoring.indicators[indicator].source
    data = spec.data.model_copy(update={"source": Source(sql=source.sql, callable=source.callable)})
    request = Request(spec.model_copy(update={"data": data}), (VALUE,), window, as_of, models, connect)
    try:
        given = called(request, source.kind) if isinstance(source.kind, CallableSource) else _only(request)
        return _finite(request, given)
    except DataError as error:
        key = error.key.replace("data.", f"monitoring.indicators.{indicator}.", 1)
        raise DataError(spec.name, key, error.wrong, error.cure) from error


def _only(request: Request) -> object:
    """Return the value of the one row that a query gives."""
    rows, value = 0, None
    for before, batch in pieces(request):
        rows = before + batch.num_rows
        if not before and batch.num_rows:
            value = batch.column(VALUE)[0].as_py()
    if rows != 1:
        wrong = f"{request.source} gives {f'{rows:,} rows' if rows else 'no row'} {request.window}."
        raise request.error("source.sql.query", wrong, f"Let it give one row with one number, {VALUE!r}.")
    return value


def _finite(request: Request, given: object) -> float:
    if not isinstance(given, bool) and isinstance(given, Real | Decimal) and math.isfinite(given):
        return float(given)
    gives = "nothing (NULL)" if given is None else f"{str(given)[:40]!r}, a {type(given).__name__}"
    wrong = f"{request.source} gives {gives} {request.window}."
    raise request.error("source", wrong, "Let it give one finite number.")
