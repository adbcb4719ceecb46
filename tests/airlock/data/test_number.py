"""One number: what a query or a function of the business gives, and everything that is not one number."""

from collections.abc import Callable
from datetime import timedelta
from pathlib import Path
from typing import Any

import pytest
import sqlalchemy as sa

from airlock.data.errors import DataError
from airlock.data.number import read_number
from airlock.data.window import Window
from tests.airlock.data.loans import NOON, loans, no_connection

WEEK = Window(NOON - timedelta(days=7), NOON)
TABLES = """
    CREATE TABLE repaid (loan integer, at timestamptz, known timestamptz, euros numeric);
    INSERT INTO repaid VALUES
        (1, '2026-03-01 00:00+00', '2026-03-01 00:00+00', 10.5),
        (2, '2026-03-02 00:00+00', '2026-03-02 00:00+00', 20),
        (3, '2026-03-02 01:00+00', '2026-03-09 00:00+00', 4000),
        (4, '2026-01-01 00:00+00', '2026-01-01 00:00+00', 9000);
"""
SUM = "SELECT sum(euros) AS value FROM repaid WHERE at >= :start AND at < :end AND known <= :as_of"
FROM = "the query on the connection 'warehouse'"
Read = Callable[..., float]


@pytest.fixture(scope="module")
def warehouse(new_database: Callable[[], str]) -> sa.Engine:
    engine = sa.create_engine(new_database())
    with engine.begin() as connection:
        connection.execute(sa.text(TABLES))
    return engine


@pytest.fixture
def ask(warehouse: sa.Engine, models: Path) -> Read:
    """Read what a query gives."""

    def reading(query: str = SUM, connection: str = "warehouse") -> float:
        source = {"sql": {"connection": connection, "query": query}}
        engines = {"warehouse": warehouse}
        return read(source, models, engines.__getitem__)

    return reading


@pytest.fixture
def call(models: Path) -> Read:
    """Read what a function of the model's own folder returns."""

    def reading(returns: str, **arguments: Any) -> float:
        (models / "loans" / "business.py").write_text(
            f"def earned(*, start, end, as_of, factor=1):\n    return {returns}\n"
        )
        function = {"function": "airlock_models.loans.business.earned", "arguments": arguments}
        return read({"callable": function}, models, no_connection)

    return reading


def read(source: dict[str, Any], models: Path, connect: Callable[[str], sa.Engine]) -> float:
    indicator = {"title": "Repaid", "unit": "EUR", "source": source, "at_least": 1}
    spec = loans({"file": {"path": "loans.csv", "format": "csv"}})
    watched = spec.model_dump(mode="json") | {
        "name": "loans",
        "monitoring": {"indicators": {"repaid": indicator}},
    }
    made = type(spec).model_validate(watched)
    return read_number(made, "repaid", window=WEEK, as_of=NOON, models=models, connect=connect)


def test_a_query_is_asked_about_the_window_as_it_was_known_then(ask: Read) -> None:
    assert ask() == 30.5


@pytest.mark.parametrize(
    ("value", "expected"),
    [("count(*)", 4.0), ("1.25::float8", 1.25), ("2::smallint", 2.0), ("3.5::numeric(5, 2)", 3.5)],
)
def test_any_type_of_number_will_do(ask: Read, value: str, expected: float) -> None:
    assert ask(f"SELECT {value} AS value FROM {'repaid' if 'count' in value else '(VALUES (1)) AS one'}") == (
        expected
    )


@pytest.mark.parametrize(
    ("query", "wrong"),
    [
        ("SELECT 1 AS value WHERE false", f"{FROM} gives no row from"),
        ("SELECT euros AS value FROM repaid", f"{FROM} gives 4 rows from"),
        ("SELECT * FROM (VALUES (1), (NULL)) AS two (value)", f"{FROM} gives 2 rows from"),
        ("SELECT * FROM (VALUES (NULL::int), (NULL)) AS two (value)", f"{FROM} gives 2 rows from"),
        ("SELECT NULL::float8 AS value", f"{FROM} gives nothing (NULL) from"),
        ("SELECT 'NaN'::float8 AS value", f"{FROM} gives 'nan', a float from"),
        ("SELECT 'Infinity'::float8 AS value", f"{FROM} gives 'inf', a float from"),
        ("SELECT 'many'::text AS value", f"{FROM} gives 'many', a str from"),
        ("SELECT true AS value", f"{FROM} gives 'True', a bool from"),
        ("SELECT 1 AS total", f"{FROM} gives no column 'value'."),
        ("SELECT 1 / 0 AS value", "division by zero"),
        ("DELETE FROM repaid RETURNING 1 AS value", "failed: "),
        ("SELECT 1 AS value WHERE :now IS NULL", "uses :now, which is bound to nothing."),
    ],
)
def test_what_is_not_one_number_is_refused(ask: Read, query: str, wrong: str) -> None:
    with pytest.raises(DataError) as caught:
        ask(query)
    assert wrong in str(caught.value)
    assert str(caught.value).startswith("loans/model.yaml: monitoring.indicators.repaid.")


def test_a_connection_that_is_not_there_is_refused_at_its_key(ask: Read) -> None:
    with pytest.raises(DataError) as caught:
        ask(connection="cellar")
    assert caught.value.key == "monitoring.indicators.repaid.source.sql.connection"


def test_a_function_gets_the_same_moments_and_its_arguments(call: Read) -> None:
    assert call("(end - start).days * factor + as_of.hour", factor=100) == 712.0
    assert call("__import__('numpy').int64(3)") == 3.0
    assert call("__import__('decimal').Decimal('0.5')") == 0.5


@pytest.mark.parametrize(
    ("returns", "wrong"),
    [
        ("None", "gives nothing (NULL)"),
        ("[1, 2]", "gives '[1, 2]', a list"),
        ("float('nan')", "gives 'nan', a float"),
        ("True", "gives 'True', a bool"),
        ("1 / 0", "failed: ZeroDivisionError: division by zero."),
    ],
)
def test_what_a_function_returns_is_held_alike(call: Read, returns: str, wrong: str) -> None:
    with pytest.raises(DataError) as caught:
        call(returns)
    assert wrong in str(caught.value)
    assert caught.value.key.startswith("monitoring.indicators.repaid.source")
