"""What came true: from the model's own source, and from reports of applications where it is silent."""

from collections.abc import Callable
from datetime import datetime
from pathlib import Path
from typing import TYPE_CHECKING

from sqlalchemy.engine import Engine

from airlock.data.outcomes import filled, reports_table
from airlock.data.read import NoRows, read
from airlock.governance.outcomes import reported
from airlock.spec import ModelSpec

if TYPE_CHECKING:
    import pyarrow as pa

    from airlock.data.window import Window


def known_outcomes(
    spec: ModelSpec,
    window: "Window",
    *,
    as_of: datetime,
    heard_by: datetime | None = None,
    engine: Engine,
    models: Path,
    connect: Callable[[str], Engine],
) -> "pa.Table":
    """Return every outcome about the events of a window that was known at a moment, one row an entity.

    Where the source has an outcome it counts; where it has none, the newest report does.

    Parameters
    ----------
    as_of
        In UTC; what became known later does not exist.
    heard_by
        What applications reported after this moment does not exist either; None counts every report.
    engine
        The airlock database, which keeps the reports.

    Returns
    -------
    pyarrow.Table
        The entity key, the target and, where the source was read, the protected columns, named and typed as
        `airlock.data.read` does; no target is null. What is about no entity has the decision's id for a key.

    Raises
    ------
    NoRows
        When the source gives no rows, and nothing was reported.
    """
    with engine.connect() as conn:
        said = reported(conn, spec.name, as_of=as_of, since=window.start, heard_by=heard_by)
    reports = reports_table(spec.data, said)
    try:
        table = read(spec, window=window, as_of=as_of, models=models, connect=connect)
    except NoRows:
        if not len(reports):
            raise
        return reports
    return filled(table, reports, spec.data.protected)
