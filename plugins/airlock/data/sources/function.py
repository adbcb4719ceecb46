"""Callable sources: a Python function, often of the model's own folder, that returns a DataFrame."""

from collections.abc import Iterator

import pandas as pd
import pyarrow as pa

from airlock.data.sources.request import Request
from airlock.spec.data import CallableSource
from airlock.usercode import UserCodeError, importing_from, resolve


def read_function(request: Request, source: CallableSource) -> Iterator[pa.RecordBatch]:
    """Call load(*, start, end, as_of, **arguments) and yield what it returns as one batch."""
    frame = called(request, source)
    if not isinstance(frame, pd.DataFrame):
        raise request.error(
            "source.callable.function",
            f"{request.source} returned a {type(frame).__name__}.",
            "Return a pandas DataFrame with the columns the spec lists.",
        )
    request.require_columns([str(name) for name in frame.columns])
    yield request.batch(frame[name] for name in request.columns)


def called(request: Request, source: CallableSource) -> object:
    """Return what the function returns, whatever that is; it may import from the model's folder."""
    key = "source.callable.function"
    try:
        load = resolve(source.function, request.models)
        moments = {"start": request.window.start, "end": request.window.end, "as_of": request.as_of}
        with importing_from(request.models):
            return load(**moments, **source.arguments)
    except UserCodeError as error:
        raise request.error(key, str(error), "") from error
    except Exception as error:  # it is the user's own code, which may raise anything
        said = " ".join(str(error).split()).rstrip(".")
        wrong = f"{request.source} failed: {type(error).__name__}: {said}."
        cure = "Mend it; it is called as load(*, start, end, as_of, **arguments)."
        raise request.error(key, wrong, cure) from error
