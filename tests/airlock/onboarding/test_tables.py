"""A model drafted from a table of a real database."""

from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest
import sqlalchemy as sa
import yaml

from airlock.onboarding import draft, given, proof
from airlock.onboarding.checking import problems_of
from airlock.onboarding.errors import OnboardingError
from airlock.spec.questions import UNANSWERED
from tests.airlock.onboarding.shop import drafted, few, own_include, role_of, spec_in

ENTRY = {
    "title": "The shop",
    "responsible": {"name": "Greta", "email": "greta@airlock.example"},
    "connection": "warehouse",
    "purposes": {"service": "Call customers who are about to leave."},
    "columns": {
        "customer id": {"classification": "personal"},
        "seen_on": {"classification": "business"},
        "months": {"classification": "strategic"},
        "calls": {"classification": "business", "forbidden": "who calls is nobody's business"},
        "plan": {"classification": "business", "protected": True},
        "churned": {"classification": "business"},
    },
}
COLUMNS = (
    '"customer id" text, seen_on date, months int, calls int, plan text, "per: week" float8, churned text'
)
#: Words that PostgreSQL reserves and standard SQL does not.
RESERVED = '"window", months AS "variadic", plan AS "returning"'
VALUES = ":key, date '2026-01-01' + :day, :months, :calls, :plan, :calls, :churned"


def _rows() -> list[dict[str, Any]]:
    return [{"key": row["customer id"], "day": number // 8, **row} for number, row in enumerate(few())]


@pytest.fixture
def warehouse(fresh_database: str) -> Iterator[sa.Engine]:
    """A database with the shop's customers in a schema of its own."""
    engine = sa.create_engine(fresh_database)
    with engine.begin() as conn:
        conn.execute(sa.text("CREATE SCHEMA shop"))
        conn.exec_driver_sql(f"CREATE TABLE shop.customers ({COLUMNS})")
        conn.execute(sa.text(f"INSERT INTO shop.customers VALUES ({VALUES})"), _rows())
        conn.execute(sa.text(f"CREATE VIEW shop.window AS SELECT *, calls AS {RESERVED} FROM shop.customers"))
        conn.execute(sa.text("CREATE VIEW shop.unnamed AS SELECT months, churned FROM shop.customers"))
    yield engine
    engine.dispose()


@pytest.fixture
def include(tmp_path: Path) -> Path:
    return own_include(tmp_path)


def draft_table(include: Path, warehouse: sa.Engine, table: str = "shop.customers") -> None:
    drafted(include, f"warehouse:{table}", connect={"warehouse": warehouse}.__getitem__)


def test_a_table_is_read_by_a_query_of_the_time_that_is_asked_for(
    include: Path, warehouse: sa.Engine
) -> None:
    draft_table(include, warehouse)
    source = spec_in(include)["data"]["source"]["sql"]
    assert source["connection"] == "warehouse"
    assert "CAST(seen_on AS timestamp) AT TIME ZONE 'UTC' AS seen_on" in source["query"]
    assert '"per\\: week"' in source["query"]
    assert "WHERE CAST(seen_on AS timestamp) AT TIME ZONE 'UTC' >= :start" in source["query"]
    assert not (include / "models" / "churn" / "data.parquet").exists()
    problems = [problem for error in problems_of(include, "churn") for problem in error.problems]
    assert {problem.wrong for problem in problems} == {UNANSWERED}


def test_a_name_that_nobody_could_read_in_the_query_is_refused(include: Path, warehouse: sa.Engine) -> None:
    with warehouse.begin() as conn:
        conn.exec_driver_sql('CREATE VIEW shop.odd AS SELECT months AS "a\nb", churned FROM shop.customers')
    with pytest.raises(OnboardingError, match=r"shop.odd has a column 'a\\nb', .* Make a view that calls it"):
        draft_table(include, warehouse, "shop.odd")
    assert list((include / "models").iterdir()) == []


def test_names_that_postgresql_reserves_are_quoted(include: Path, warehouse: sa.Engine) -> None:
    draft_table(include, warehouse, "shop.window")
    query = spec_in(include)["data"]["source"]["sql"]["query"]
    assert 'FROM shop."window"' in query
    assert all(f'\n       "{name}"' in query for name in ("window", "variadic", "returning"))


def test_of_a_large_table_the_first_rows_are_read_twice_and_the_draft_says_so(
    include: Path, warehouse: sa.Engine, monkeypatch: pytest.MonkeyPatch
) -> None:
    for module in (given, draft, proof):
        monkeypatch.setattr(module, "MOST_ROWS", 200)
    twice = "INSERT INTO shop.customers SELECT * FROM shop.customers LIMIT 1"
    with warehouse.begin() as conn:
        conn.exec_driver_sql(twice)
    asked = list[str]()
    drafted(include, "warehouse:shop.customers", connect=lambda name: asked.append(name) or warehouse)
    assert len(asked) == 2, "once to look, once to prove"
    text = (include / "models" / "churn" / "model.yaml").read_text(encoding="utf-8")
    assert "(warehouse): the first 200 rows, 7 columns" in text
    assert "LIMIT" not in text


def test_what_the_catalogue_says_of_a_table_holds(include: Path, warehouse: sa.Engine) -> None:
    (include / "catalogue").mkdir()
    (include / "catalogue" / "shop.yaml").write_text(yaml.safe_dump(ENTRY), encoding="utf-8")
    draft_table(include, warehouse)
    data = spec_in(include)["data"]
    assert data["catalogue"]["source"] == "shop"
    assert data["catalogue"]["purpose"].startswith("TODO: Which of these purposes? service (Call customers")
    assert role_of(include, "calls") == "ignored", "it is forbidden"
    assert role_of(include, "per: week") == "ignored", "the entry does not list it"
    assert role_of(include, "plan") == "protected"
    assert data["columns"]["months"]["classification"] == "strategic"
    assert not (include / "catalogue" / "churn.yaml").exists()


def test_a_target_that_the_catalogue_forbids_is_refused(include: Path, warehouse: sa.Engine) -> None:
    forbidden = {"churned": {"classification": "personal", "forbidden": "it is for the owner alone"}}
    (include / "catalogue").mkdir()
    entry = {**ENTRY, "columns": {**ENTRY["columns"], **forbidden}}
    (include / "catalogue" / "shop.yaml").write_text(yaml.safe_dump(entry), encoding="utf-8")
    with pytest.raises(OnboardingError, match="no model without it. Ask Greta"):
        draft_table(include, warehouse)
    assert list((include / "models").iterdir()) == []


@pytest.mark.parametrize(
    ("table", "message"),
    [
        ("shop.nobody", "shop.nobody cannot be read: relation"),
        ("shop.unnamed", "has no column that names its rows"),
    ],
)
def test_a_table_that_cannot_be_used_is_refused(
    include: Path, warehouse: sa.Engine, table: str, message: str
) -> None:
    with pytest.raises(OnboardingError, match=message):
        draft_table(include, warehouse, table)
    assert list((include / "models").iterdir()) == []
