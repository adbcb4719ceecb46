"""Running Great Expectations: in memory, on the columns that are spoken of, leaving nothing behind."""

from collections.abc import Iterator, Mapping
from types import ModuleType
from typing import Any

import pyarrow as pa

from airlock.data.suite import Expectation, build, great_expectations

#: Arguments that may speak of any column.
WHOLE = {"column_set", "row_condition"}


def results(
    table: pa.Table, name: str, wanted: Mapping[int, Expectation], result_format: Mapping[str, Any]
) -> Iterator[tuple[int, Any]]:
    """Yield Great Expectations' own result of each wanted expectation, with the place it was wanted at.

    Parameters
    ----------
    name
        The suite's.
    result_format
        How much the results tell, as Great Expectations documents it.
    """
    if not wanted:
        return
    gx = great_expectations()
    asset = _context(gx).data_sources.add_pandas("airlock").add_dataframe_asset("table")
    batch = asset.add_batch_definition_whole_dataframe("all").get_batch({"dataframe": _frame(table, wanted)})
    suite = gx.ExpectationSuite(name, [build(one, place) for place, one in wanted.items()])
    # Not ValidationDefinition.run(), which stores the result and breaks on numpy's bool (GX 1.24, numpy 2).
    for result in batch.validate(suite, result_format=dict(result_format)).results:
        yield result.expectation_config.meta["place"], result


def exception(result: Any) -> str:
    """Return the message of what a result raised; it keeps it plain, or once for each metric."""
    info = result.exception_info
    for one in [info, *(value for value in info.values() if isinstance(value, dict))]:
        if one.get("raised_exception"):
            return (str(one.get("exception_message") or "").strip().splitlines() or ["it raised an error"])[0]
    return ""


def _context(gx: ModuleType) -> Any:
    """Return a context in memory; the usual ephemeral one leaves a folder for its pages behind."""
    from great_expectations.data_context.types.base import DataContextConfig, InMemoryStoreBackendDefaults

    config = DataContextConfig(
        store_backend_defaults=InMemoryStoreBackendDefaults(init_temp_docs_sites=False),
        progress_bars={"globally": False, "metric_calculations": False},
        analytics_enabled=False,
    )
    return gx.get_context(project_config=config, mode="ephemeral")


def _frame(table: pa.Table, wanted: Mapping[int, Expectation]) -> Any:
    """Return the table for pandas, without the columns nobody speaks of."""
    whole = any(not one.columns or WHOLE & one.kwargs.keys() for one in wanted.values())
    spoken_of = {name for one in wanted.values() for name in one.columns}
    kept = table.column_names if whole else [name for name in table.column_names if name in spoken_of]
    return table.select(kept).to_pandas()
