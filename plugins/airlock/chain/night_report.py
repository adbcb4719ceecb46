"""The page on which people read a night."""

from sqlalchemy.engine import Engine

from airlock.chain.watch import answering, night_predictions
from airlock.data.window import Window
from airlock.governance import nights
from airlock.governance.nights import Night
from airlock.monitoring.report import evidently_page
from airlock.spec import ModelSpec, Task
from airlock.store import Store


def write_report(
    spec: ModelSpec, night: Night, window: Window, *, store: Store, engine: Engine
) -> str | None:
    """Keep the night's Evidently page and note it with the night; a night without answers has none."""
    predictions = night_predictions(spec, window, store, engine)
    if not len(predictions):
        return None
    _, package = answering(spec, predictions, store, engine)
    page = evidently_page(
        package.reference(),
        predictions,
        package.signature.kinds,
        title=f"{spec.title}: {night.night}",
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
