from collections.abc import Iterator
from dataclasses import replace
from datetime import date

import psycopg2
import pytest
import sqlalchemy as sa

from airlock.samples.credit import CreditData, Episode, World, create_tables, generate, load
from airlock.samples.credit.tables import metadata

START, MIDDLE, END = date(2026, 3, 1), date(2026, 3, 4), date(2026, 3, 8)
WORLD = World(applications_per_day=40)
READ_AS_OF = sa.text("""
    SELECT a.application_id, a.customer_id, a.applied_at, a.amount, a.term_months, a.purpose, a.income,
           a.employment_years, a.housing, a.existing_debt, a.open_loans, a.previous_defaults, a.channel,
           date_part('year', age((a.applied_at AT TIME ZONE 'UTC')::date, c.birth_date))::int AS age,
           c.sex, c.region, o.defaulted
    FROM applications AS a
    JOIN customers AS c USING (customer_id)
    LEFT JOIN outcomes AS o ON o.application_id = a.application_id AND o.observed_at <= :as_of
    WHERE a.applied_at >= :start AND a.applied_at < :end
    ORDER BY a.application_id
""")


@pytest.fixture
def engine(fresh_database: str) -> Iterator[sa.Engine]:
    engine = sa.create_engine(fresh_database)
    create_tables(engine)
    yield engine
    engine.dispose()


@pytest.fixture(scope="module")
def week() -> CreditData:
    return generate(WORLD, START, END)


def contents(engine: sa.Engine) -> dict[str, list[sa.Row]]:
    with engine.connect() as connection:
        return {
            table.fullname: list(connection.execute(sa.select(table).order_by(*table.primary_key)))
            for table in metadata.sorted_tables
        }


def test_loading_stores_what_was_generated(engine: sa.Engine, week: CreditData) -> None:
    load(engine, week)
    stored = contents(engine)
    for name, frame in (
        ("customers", week.customers.assign(birth_date=week.customers["birth_date"].dt.date)),
        ("applications", week.applications),
        ("outcomes", week.outcomes),
        ("truth.default_probability", week.truth),
    ):
        assert len(stored[name]) == len(frame)
        expected = frame.sort_values(frame.columns[0]).astype(object).where(frame.notna(), None)
        columns = range(2) if name == "customers" else range(len(frame.columns))
        for column in columns:
            assert [row[column] for row in stored[name]] == expected.iloc[:, column].tolist(), (name, column)


def test_loading_twice_changes_nothing(engine: sa.Engine, week: CreditData) -> None:
    load(engine, week)
    first = contents(engine)
    load(engine, week)
    create_tables(engine)
    assert contents(engine) == first


def test_loading_day_by_day_is_loading_at_once(engine: sa.Engine, week: CreditData, new_database) -> None:
    load(engine, week)
    url = new_database()
    other = sa.create_engine(url)
    create_tables(other)
    load(url, generate(WORLD, MIDDLE, END))
    load(url, generate(WORLD, START, MIDDLE))
    assert contents(other) == contents(engine)
    other.dispose()


def test_loading_replaces_exactly_its_days(engine: sa.Engine, week: CreditData) -> None:
    load(engine, week)
    shifted = World(applications_per_day=40, episodes=(Episode("covariate_shift", START),))
    load(engine, generate(shifted, MIDDLE, END))
    whole = World(applications_per_day=40, episodes=(Episode("covariate_shift", MIDDLE),))
    expected = generate(whole, START, END)
    stored = contents(engine)
    assert [row.application_id for row in stored["applications"]] == expected.applications[
        "application_id"
    ].tolist()
    assert {row.customer_id for row in stored["customers"]} == set(expected.customers["customer_id"])


def test_a_load_that_fails_leaves_the_days_as_they_were(engine: sa.Engine, week: CreditData) -> None:
    load(engine, week)
    first = contents(engine)
    broken = replace(week, outcomes=week.outcomes.assign(application_id="none"))
    with pytest.raises(psycopg2.errors.UniqueViolation):
        load(engine, broken)
    assert contents(engine) == first


def test_the_training_query_sees_no_outcome_before_its_time(
    engine: sa.Engine, week: CreditData, join
) -> None:
    load(engine, week)
    expected = join(week).sort_values("application_id")
    as_of = week.outcomes["observed_at"].median()
    with engine.connect() as connection:
        rows = list(
            connection.execute(READ_AS_OF, {"start": START, "end": END, "as_of": as_of.to_pydatetime()})
        )
    assert [row.age for row in rows] == expected["age"].tolist()
    seen = [
        None if late else bool(hit)
        for hit, late in zip(expected["defaulted"], expected["observed_at"] > as_of, strict=True)
    ]
    assert [row.defaulted for row in rows] == seen
    assert None in seen
