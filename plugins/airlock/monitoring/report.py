"""The page of a night for people: Evidently's comparison of samples, under the figures that decided."""

import os
import warnings
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from html import escape

import numpy as np
import pandas as pd
import pyarrow as pa

from airlock.monitoring.tally import PREDICTION, SCORE
from airlock.spec.columns import Kind
from airlock.spec.monitoring import Drift

MOST_ROWS = 5000
#: How far a column's PSI over the sample may lie from the PSI over all rows: this much, or a fifth of it.
TOLERANCE, RELATIVE_TOLERANCE = 0.03, 0.2
METHOD = "PSI above chance, all rows"


@dataclass(frozen=True)
class Figure:
    """What the full pass said of one column, and what the sample alone would say; None is not measurable."""

    column: str
    psi: float | None
    sampled_psi: float | None
    found: bool

    @property
    def agrees(self) -> bool:
        """Whether the sample shows what the full pass measured, within the stated tolerance.

        The tolerance is 0.03, which is three standard errors of a calm column's PSI over 5,000 rows and more
        than one of a column at the usual limits, or a fifth of the larger PSI. The fifth is for columns that
        left their bins altogether: the half row that stands for an empty bin weighs more in fewer rows.

        >>> Figure("income", 0.21, 0.23, True).agrees, Figure("income", 0.21, 0.3, True).agrees
        (True, False)
        >>> Figure("income", None, None, True).agrees, Figure("income", None, 0.1, True).agrees
        (True, False)
        """
        if self.psi is None or self.sampled_psi is None:
            return self.psi is self.sampled_psi
        allowed = max(TOLERANCE, RELATIVE_TOLERANCE * max(self.psi, self.sampled_psi))
        return abs(self.psi - self.sampled_psi) <= allowed


def evidently_page(
    reference: pa.Table,
    sample: pa.Table,
    features: Mapping[str, Kind],
    figures: Sequence[Figure],
    *,
    title: str,
    rows: int,
    classifier: bool,
    limits: Drift,
) -> str:
    """Return a self-contained HTML page that compares a night with the training data, column by column.

    Evidently draws the samples. The drift scores it shows, and which columns it marks, are those of the full
    pass, given to it as a method of its own: no figure of the page contradicts an alert.

    Parameters
    ----------
    reference, sample
        Training rows and a sample of the night's rows, each with the features, `score` and `prediction`.
    features
        What each feature holds; one that is missing on either side is left out, and named above the charts.
    figures
        The full pass's, one a column.
    title
        The page's heading, such as the model and the night.
    rows
        How many rows the night has.
    classifier
        Whether `prediction` is a class to compare, or repeats the score.
    limits
        The spec's.
    """
    kinds = {**features, SCORE: Kind.NUMBER, **({PREDICTION: Kind.CATEGORY} if classifier else {})}
    measured = {figure.column: figure for figure in figures if figure.psi is not None}
    shown = {
        name: kind
        for name, kind in kinds.items()
        if name in measured and _filled(reference, name) and _filled(sample, name)
    }
    left_out = [name for name in kinds if name not in shown]
    page = _compare(_typed(reference, shown), _typed(sample, shown), shown, measured, limits)
    return _headed(page, title, _notes(rows, len(sample), figures, left_out))


def _compare(
    reference: pa.Table,
    sample: pa.Table,
    kinds: Mapping[str, Kind],
    measured: Mapping[str, Figure],
    limits: Drift,
) -> str:
    # Read when Evidently is imported: it must report to nobody, whoever calls this.
    os.environ["DO_NOT_TRACK"] = "1"
    with warnings.catch_warnings(), np.errstate(all="ignore"):
        # Evidently 0.7 still speaks to numpy, pandas and scipy as their versions of two years ago want it.
        warnings.simplefilter("ignore")
        from evidently import DataDefinition, Dataset, Report
        from evidently.presets import DataDriftPreset

        _register(measured)
        answers = dict.fromkeys({SCORE, PREDICTION} & kinds.keys(), limits.prediction_psi)
        preset = DataDriftPreset(
            method=METHOD, threshold=limits.psi, per_column_threshold=answers, drift_share=limits.share
        )
        definition = DataDefinition(
            numerical_columns=[name for name, kind in kinds.items() if kind is Kind.NUMBER],
            categorical_columns=[name for name, kind in kinds.items() if kind is not Kind.NUMBER],
        )
        before, now = (
            Dataset.from_pandas(table.to_pandas(), data_definition=definition)
            for table in (reference, sample)
        )
        return Report([preset]).run(now, before).get_html_str(as_iframe=False)


def _register(measured: Mapping[str, Figure]) -> None:
    """Make the full pass's figures a drift method that Evidently knows by name, as it knows its own."""
    from evidently.legacy.calculations.stattests.registry import StatTest, register_stattest
    from evidently.legacy.core import ColumnType

    def stated(_: pd.Series, night: pd.Series, __: ColumnType, ___: float) -> tuple[float, bool]:
        figure = measured[str(night.name)]
        assert figure.psi is not None, "a column that cannot be measured is left out"
        return figure.psi, figure.found

    kinds = [ColumnType.Numerical, ColumnType.Categorical]
    register_stattest(StatTest(METHOD, METHOD, kinds), stated)


def _filled(table: pa.Table, name: str) -> bool:
    return name in table.column_names and table[name].null_count < table.num_rows


def _typed(table: pa.Table, shown: Mapping[str, Kind]) -> pa.Table:
    """Return the columns that are shown, numbers as such and categories as text."""
    types = [
        pa.field(name, pa.float64() if kind is Kind.NUMBER else pa.string()) for name, kind in shown.items()
    ]
    return table.select(list(shown)).cast(pa.schema(types))


def _notes(rows: int, drawn: int, figures: Sequence[Figure], left_out: list[str]) -> Iterable[str]:
    yield (
        f"{rows:,} rows that night. Every drift score below comes from all of them, and is the one that "
        "alerts go by: the PSI that is left when what chance gives at this number of rows is taken off."
    )
    if drawn < rows:
        yield (
            f"The charts show {drawn:,} of the rows. Each bin of the score has the share of them that it has "
            "of the night, and so have rows with values that are missing or new."
        )
        yield _agreement(figures)
    if left_out:
        yield f"Not to be compared, so not shown: {', '.join(left_out)}."


def _agreement(figures: Sequence[Figure]) -> str:
    apart = [
        f"{figure.column} (all rows {_said(figure.psi)}, these {_said(figure.sampled_psi)})"
        for figure in figures
        if not figure.agrees
    ]
    tolerance = f"{TOLERANCE} or {RELATIVE_TOLERANCE:.0%} of it".replace("%", " %")
    if apart:
        return f"The charts mislead where the PSI of these rows alone is off by more than {tolerance}: " + (
            f"{', '.join(apart)}."
        )
    return f"These rows alone give every column the same PSI within {tolerance}."


def _said(psi: float | None) -> str:
    return "not measurable" if psi is None else f"{psi:.3f}"


def _headed(page: str, title: str, notes: Iterable[str]) -> str:
    """Put a heading of our own above Evidently's content."""
    paragraphs = "".join(f'<p style="margin:4px 0 0;opacity:.75">{escape(note)}</p>' for note in notes)
    heading = (
        '<header style="font-family:system-ui,sans-serif;padding:16px 24px;border-bottom:1px solid #ddd">'
        f'<h1 style="font-size:20px;margin:0">{escape(title)}</h1>{paragraphs}</header>'
    )
    head, body, rest = page.partition("<body>")
    return f"{head}{body}{heading}{rest}"
