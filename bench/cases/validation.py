"""Validation: thirty expectations about a night, from Parquet to a result for each."""

import json
from typing import Any

from bench.case import Case, Measured, Side, timed
from bench.world import World


def ours(world: World) -> Measured:
    """Airlock's validation, with counts, shares, examples and a sentence for each expectation."""
    import pyarrow.parquet as pq

    from airlock.data.suite import great_expectations
    from airlock.data.validation import load_suite, validate

    great_expectations()
    suite = load_suite(world.suite)

    def work() -> None:
        assert validate(pq.read_table(world.night), suite).success

    return timed(work)


def great_expectations_plain(result_format: str) -> Side:
    """Return Great Expectations on pandas, as its documentation writes it, with one of its result formats."""

    def side(world: World) -> Measured:
        import great_expectations as gx
        import pandas as pd

        suite = gx.ExpectationSuite(**json.loads(world.suite.read_text()))
        context = gx.get_context(mode="ephemeral")
        context.variables.progress_bars = _no_bars()

        def work() -> None:
            asset = context.data_sources.add_pandas("bench").add_dataframe_asset("night")
            whole = asset.add_batch_definition_whole_dataframe("all")
            batch = whole.get_batch({"dataframe": pd.read_parquet(world.night)})
            assert batch.validate(suite, result_format=result_format).success

        return timed(work)

    return side


def _no_bars() -> Any:
    from great_expectations.data_context.types.base import ProgressBarsConfig

    return ProgressBarsConfig(globally=False, metric_calculations=False)


CASES = (
    Case(
        name="validation of a night, 30 expectations",
        unit="s",
        ours=ours,
        peers={
            "Great Expectations, SUMMARY": great_expectations_plain("SUMMARY"),
            "Great Expectations, BOOLEAN_ONLY": great_expectations_plain("BOOLEAN_ONLY"),
        },
    ),
)
