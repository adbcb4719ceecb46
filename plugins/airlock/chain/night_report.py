"""The page on which people read a night."""

from collections.abc import Iterator
from typing import TYPE_CHECKING

from sqlalchemy.engine import Engine

from airlock.chain.night_rows import night_rows
from airlock.chain.watch import answering
from airlock.data.window import Window
from airlock.governance import nights
from airlock.governance.nights import Night
from airlock.monitoring.report import MOST_ROWS, Figure, evidently_page
from airlock.package.package import Package
from airlock.spec import ModelSpec, Task
from airlock.store import Store

if TYPE_CHECKING:
    import pyarrow as pa


def write_report(
    spec: ModelSpec, night: Night, window: Window, *, store: Store, engine: Engine
) -> str | None:
    """Keep the night's Evidently page and note it with the night; a night without answers has none."""
    from airlock.monitoring.sample import stratified

    _, package = answering(spec, window, store, engine)
    pieces = night_rows(package, window, store, engine)
    sample, rows = stratified(pieces, package.profile(), MOST_ROWS)
    if sample is None:
        return None
    page = evidently_page(
        package.reference(),
        sample,
        package.signature.kinds,
        tuple(_figures(night, package, sample)),
        title=f"{spec.title}: {night.night}",
        rows=rows,
        classifier=spec.task is not Task.REGRESSION,
        limits=spec.monitoring.drift,
    )
    path = store.page(spec.name, report_name(night), page)
    with engine.begin() as connection:
        nights.note_report(connection, spec.name, night.night, path)
    return path


def report_name(night: Night) -> str:
    """Return where a night's page is kept, below the model's pages."""
    return f"nights/{night.night}.html"


def _figures(night: Night, package: Package, sample: "pa.Table") -> Iterator[Figure]:
    """Yield what was measured of each column, beside what the sample alone would say."""
    from airlock.monitoring import drift

    found = {
        finding["column"]
        for finding in night.findings
        if finding["kind"] in ("column_drift", "prediction_drift")
    }
    sampled = drift.measure(package.profile(), [sample])
    psi = {column.column: column.psi for column in sampled}
    for measured in night.measures["drift"]:
        name = measured["column"]
        yield Figure(name, measured["psi"], psi.get(name), name in found)
