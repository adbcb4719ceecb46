"""The night's page: self-contained, bounded, and whole even where columns are empty."""

import re

import pyarrow as pa

from airlock.monitoring.report import MOST_ROWS, evidently_page
from tests.airlock.monitoring.worlds import FEATURES, answers, table


def scored(seed: int, rows: int) -> pa.Table:
    said = answers(seed, rows)
    return (
        table(seed, rows)
        .append_column("score", pa.array(said.scores))
        .append_column("prediction", pa.array(said.predictions))
    )


def test_the_page_is_self_contained_and_names_what_it_shows() -> None:
    night = scored(2, 300).set_column(0, "amount", pa.nulls(300, pa.float64()))
    page = evidently_page(
        scored(1, 3000), night, FEATURES, title="Credit <risk>, 2026-11-01", classifier=True
    )
    assert "Credit &lt;risk&gt;, 2026-11-01" in page
    assert f"300 rows that night; the charts compare at most {MOST_ROWS:,} of them" in page
    assert "so not shown: amount." in page
    assert "income" in page and "vip" in page
    assert not re.search(r"<(script|link|img|iframe)\b[^>]*\b(src|href)\s*=\s*[\"']?(https?:)?//", page)


def test_a_regression_shows_its_score_once() -> None:
    features = {"income": FEATURES["income"]}
    page = evidently_page(scored(1, 500), scored(2, 100), features, title="Bikes", classifier=False)
    assert '"score"' in page and '"prediction"' not in page
