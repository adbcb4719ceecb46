"""The page of a night for people: Evidently's comparison of bounded samples. Decisions never come from it."""

import os
import warnings
from collections.abc import Mapping
from html import escape

import numpy as np
import pyarrow as pa

from airlock.monitoring.drift import PREDICTION, SCORE
from airlock.spec.columns import Kind
from airlock.spec.governance import Drift

MOST_ROWS = 2000
DEFAULT = Drift()


def evidently_page(
    reference: pa.Table,
    current: pa.Table,
    features: Mapping[str, Kind],
    *,
    title: str,
    classifier: bool,
    limits: Drift = DEFAULT,
) -> str:
    """Return a self-contained HTML page that compares a night with the training data, column by column.

    Parameters
    ----------
    reference, current
        Training rows and the night's rows, each with the features, `score` and `prediction`.
    features
        What each feature holds; one that is missing on either side is left out, and named above the charts.
    title
        The page's heading, such as the model and the night.
    classifier
        Whether `prediction` is a class to compare, or repeats the score.
    limits
        The spec's; the page marks a column by the same measure and limit as the alerts do.
    """
    kinds = {**features, SCORE: Kind.NUMBER, **({PREDICTION: Kind.CATEGORY} if classifier else {})}
    shown = {
        name: kind for name, kind in kinds.items() if _filled(reference, name) and _filled(current, name)
    }
    left_out = [name for name in kinds if name not in shown]
    page = _compare(_sample(reference, shown), _sample(current, shown), shown, limits)
    return _headed(page, title, current.num_rows, left_out)


def _compare(reference: pa.Table, current: pa.Table, kinds: Mapping[str, Kind], limits: Drift) -> str:
    # Read when Evidently is imported: it must report to nobody, whoever calls this.
    os.environ["DO_NOT_TRACK"] = "1"
    with warnings.catch_warnings(), np.errstate(all="ignore"):
        # Evidently 0.7 still speaks to numpy, pandas and scipy as their versions of two years ago want it.
        warnings.simplefilter("ignore")
        from evidently import DataDefinition, Dataset, Report
        from evidently.presets import DataDriftPreset

        preset = DataDriftPreset(method="psi", threshold=limits.psi, drift_share=limits.share)
        definition = DataDefinition(
            numerical_columns=[name for name, kind in kinds.items() if kind is Kind.NUMBER],
            categorical_columns=[name for name, kind in kinds.items() if kind is not Kind.NUMBER],
        )
        before, now = (
            Dataset.from_pandas(table.to_pandas(), data_definition=definition)
            for table in (reference, current)
        )
        return Report([preset]).run(now, before).get_html_str(as_iframe=False)


def _filled(table: pa.Table, name: str) -> bool:
    return name in table.column_names and table[name].null_count < table.num_rows


def _sample(table: pa.Table, shown: Mapping[str, Kind]) -> pa.Table:
    """Return at most MOST_ROWS rows, evenly spaced, with categories as text."""
    rows = np.linspace(0, table.num_rows - 1, min(table.num_rows, MOST_ROWS)).astype(np.int64)
    picked = table.select(list(shown)).take(rows)
    types = [
        pa.field(name, pa.float64() if kind is Kind.NUMBER else pa.string()) for name, kind in shown.items()
    ]
    return picked.cast(pa.schema(types))


def _headed(page: str, title: str, rows: int, left_out: list[str]) -> str:
    """Put a heading of our own above Evidently's content."""
    missing = f" Without a value on one side, so not shown: {', '.join(left_out)}." if left_out else ""
    note = (
        f"{rows:,} rows that night; the charts compare at most {MOST_ROWS:,} of them with as many training "
        "rows, for reading. Few rows alone raise a PSI here; alerts take that off, and come from all rows."
    )
    heading = (
        '<header style="font-family:system-ui,sans-serif;padding:16px 24px;border-bottom:1px solid #ddd">'
        f'<h1 style="font-size:20px;margin:0">{escape(title)}</h1>'
        f'<p style="margin:4px 0 0;opacity:.75">{escape(note + missing)}</p></header>'
    )
    head, body, rest = page.partition("<body>")
    return f"{head}{body}{heading}{rest}"
