"""SQL: bound moments, a stream of rows, and the database's own words where it refuses."""

from collections.abc import Callable
from datetime import UTC, datetime
from pathlib import Path

import psycopg2
import pyarrow as pa
import pytest
import sqlalchemy as sa

from airlock.data.errors import SourceAway
from airlock.data.read import DataError, read, stream
from airlock.data.window import Window
from airlock.spec import ModelSpec
from tests.airlock.data.loans import ANY_TIME, COLUMNS, NOON, loans

TABLES = """
    CREATE TABLE loans (loan_id integer, made_at timestamptz, income numeric, channel text, urban boolean);
    CREATE SEQUENCE numbers;
    CREATE TABLE outcomes (loan_id integer, defaulted boolean, observed_at timestamptz);
    INSERT INTO loans VALUES
        (1, '2026-02-01 10:00+00', 1500.25, 'web', true),
        (2, '2026-02-02 10:00+01', NULL, 'branch', false),
        (3, '2026-07-02 10:00+02', 'NaN', NULL, NULL);
    INSERT INTO outcomes VALUES (1, true, '2026-03-01 00:00+00'), (2, false, '2026-04-01 00:00+00');
"""
QUERY = """
    SELECT l.*, o.defaulted, upper(channel) AS note
    FROM loans l LEFT JOIN outcomes o ON o.loan_id = l.loan_id AND o.observed_at <= :as_of
    WHERE made_at >= :start AND made_at < :end
"""
Read = Callable[..., pa.Table]


@pytest.fixture
def engine(fresh_database: str) -> sa.Engine:
    """An engine on the warehouse, whose sessions are not in UTC."""
    engine = sa.create_engine(fresh_database, connect_args={"options": "-c timezone=Europe/Berlin"})
    with engine.begin() as connection:
        connection.execute(sa.text(TABLES))
    return engine


@pytest.fixture
def query(engine: sa.Engine, models: Path) -> Read:
    """Read the result of a query."""

    def reading(sql: str = QUERY, window: Window = ANY_TIME, as_of: datetime = NOON) -> pa.Table:
        connections = {"warehouse": engine}
        return read(
            loan_spec(sql), window=window, as_of=as_of, models=models, connect=connections.__getitem__
        )

    return reading


def loan_spec(sql: str, connection: str = "warehouse") -> ModelSpec:
    return loans({"sql": {"connection": connection, "query": sql}})


def test_rows_come_in_the_types_of_their_kinds_and_in_utc(query: Read) -> None:
    assert [list(row.values()) for row in query().to_pylist()] == [
        ["1", datetime(2026, 2, 1, 10, tzinfo=UTC), 1500.25, "web", True, True],
        ["2", datetime(2026, 2, 2, 9, tzinfo=UTC), None, "branch", False, None],
        ["3", datetime(2026, 7, 2, 8, tzinfo=UTC), None, None, None, None],
    ]


def test_outcomes_observed_later_do_not_exist(query: Read) -> None:
    later = query(as_of=datetime(2026, 5, 1, tzinfo=UTC))
    before = query(as_of=datetime(2026, 2, 1, tzinfo=UTC))
    assert later["defaulted"].to_pylist() == [True, False, None]
    assert before["defaulted"].null_count == 3


def test_the_window_is_bound_and_held(query: Read) -> None:
    window = Window(datetime(2026, 2, 1, tzinfo=UTC), datetime(2026, 2, 2, tzinfo=UTC))
    assert query(window=window)["loan_id"].to_pylist() == ["1"]
    unbounded = QUERY.replace("WHERE made_at >= :start AND made_at < :end", "")
    assert query(unbounded, window)["loan_id"].to_pylist() == ["1"]


def test_many_rows_stream_in_several_batches(query: Read) -> None:
    table = query(
        """SELECT n AS loan_id, timestamptz '2026-01-01 00:00+00' + n * interval '1 second' AS made_at,
           CASE WHEN n > 30000 THEN n END AS income, 'a' AS channel, n % 2 = 0 AS urban, true AS defaulted
           FROM generate_series(50001, 1, -1) n"""
    )
    assert table.num_rows == 50_001
    assert table["income"].null_count == 30_000
    assert table["loan_id"][:2].to_pylist() == ["1", "2"]


def test_a_plain_colon_and_a_cast_are_no_parameters(query: Read) -> None:
    assert query(QUERY.replace("upper(channel)", "made_at::date || ' 10\\:00'")).num_rows == 3


@pytest.mark.parametrize(
    "old, new, said",
    [
        (
            ":as_of",
            ":now",
            r"data.source.sql.query: uses :now, which is bound to nothing. Use :start, :end and :as_of",
        ),
        (
            "FROM loans",
            "FROM lones",
            r"data.source.sql.query: .*'warehouse' failed: relation .lones. does not exist",
        ),
        (
            "l.*",
            "l.loan_id, l.made_at",
            r"data.columns.income: .* no column 'income'\..* It gives: loan_id, made_at",
        ),
        ("l.*", "l.*, 1 AS income", r"data.columns.income: .* gives the column 'income' 2 times"),
        (
            "l.*",
            "loan_id, 'x' AS income, made_at, channel, urban",
            r"failed: column reference \"loan_id\" is ambiguous",
        ),
        (
            "l.*",
            "l.loan_id, made_at::timestamp, income, channel, urban",
            r"data.columns.made_at: .*AT TIME ZONE 'UTC'",
        ),
        ("l.*", "l.loan_id, made_at::date AS made_at, income, channel, urban", r"holds days, not moments"),
        (
            "l.*",
            "l.loan_id, made_at, urban AS income, channel, urban",
            r"holds true-or-false values, not numbers",
        ),
        (
            "l.*",
            "l.loan_id, made_at, 'x' AS income, channel, urban",
            r"row 1 \(loan_id 1\) .* holds 'x', which is not",
        ),
        (
            "l.*",
            "l.loan_id, made_at, income, made_at AS channel, urban",
            r"data.columns.channel: .* holds times, not text",
        ),
        (
            "l.*",
            "7 AS loan_id, made_at, income, channel, urban",
            r"data.entity_key: .* 1 values .* more than once: 7",
        ),
        ("WHERE", "WHERE false AND", r"gives no rows of any time"),
        ("l.*", "l.*, nextval('numbers')", r"cannot execute nextval\(\) in a read-only transaction"),
    ],
)
def test_a_mistake_is_named(query: Read, old: str, new: str, said: str) -> None:
    with pytest.raises(DataError, match=said) as caught:
        query(QUERY.replace(old, new, 1))
    assert not isinstance(caught.value, SourceAway)
    assert str(caught.value).startswith("loans/model.yaml: data.")


def test_an_unknown_connection_is_named(models: Path) -> None:
    def connect(name: str) -> sa.Engine:
        raise LookupError(f"The conn_id `{name}` isn't defined.")

    with pytest.raises(
        DataError, match="data.source.sql.connection: the connection 'lake' cannot be used: .*isn't defined"
    ):
        read(loan_spec(QUERY, "lake"), window=ANY_TIME, as_of=NOON, models=models, connect=connect)


def test_a_database_that_does_not_answer_is_named_without_its_password(models: Path, tmp_path: Path) -> None:
    engine = sa.create_engine(f"postgresql+psycopg2://dana:hunter2@/none?host={tmp_path}")
    with pytest.raises(SourceAway, match="the connection 'warehouse' failed.* then try again") as caught:
        read(loan_spec(QUERY), window=ANY_TIME, as_of=NOON, models=models, connect=lambda name: engine)
    assert "hunter2" not in str(caught.value)


def test_a_pendulum_moment_is_bound_like_any_other(query: Read) -> None:
    pendulum = pytest.importorskip("pendulum")
    window = Window(pendulum.datetime(2026, 2, 1), pendulum.datetime(2026, 2, 2))
    assert query(window=window, as_of=pendulum.datetime(2026, 3, 2))["loan_id"].to_pylist() == ["1"]


@pytest.fixture
def statements(engine: sa.Engine) -> list[str]:
    """What the warehouse is asked, in order."""
    asked: list[str] = []

    class Listening(psycopg2.extensions.cursor):
        def copy_expert(self, sql: str, file: object) -> None:
            asked.append(" ".join(sql.split()))
            super().copy_expert(sql, file)

    @sa.event.listens_for(engine, "checkout")
    def listen(connection: psycopg2.extensions.connection, *rest: object) -> None:
        connection.cursor_factory = Listening

    @sa.event.listens_for(engine, "before_cursor_execute")
    def keep(connection: object, cursor: object, statement: str, *rest: object) -> None:
        asked.append(" ".join(statement.split()))

    return asked


def test_the_database_is_asked_for_the_columns_the_spec_reads_and_no_others(
    query: Read, statements: list[str]
) -> None:
    query(QUERY.replace("upper(channel) AS note", "upper(channel) AS note, 'x' AS diagnosis"))
    *_, names, rows = statements  # before them SQLAlchemy asks which database this is
    assert names.startswith("SELECT * FROM (") and " LIMIT " in names
    asked_for = rows.partition(" FROM (")[0].removeprefix("COPY (SELECT ").split(", ")
    read = ["loan_id", "made_at", "income", "channel", "urban", "defaulted"]
    assert [one.replace("CAST(EXTRACT(epoch FROM ", "").partition(")")[0] for one in asked_for] == [
        f"source.{name}" for name in read
    ]


def test_a_column_that_nothing_needs_is_not_even_computed(query: Read) -> None:
    failing = "1 / (l.loan_id - l.loan_id)"
    with pytest.raises(DataError, match="division by zero"):
        query(QUERY.replace("l.*", f"l.loan_id, made_at, {failing} AS income, channel, urban"))
    assert query(QUERY.replace("upper(channel)", failing)).num_rows == 3


@pytest.mark.parametrize(
    "end",
    [
        ";",
        " ;\n; ",
        " -- that is all",
        ";  -- that's all; really\n",
        "/* one; */ ; /* 'two'\n*/ -- three",
        " AND channel IS DISTINCT FROM '-- no;'",
        " AND channel IS DISTINCT FROM E'it\\'s -- no;'",
        " AND channel IS DISTINCT FROM $no$ -- no; ' $no$;",
        " AND channel IS DISTINCT FROM 'a%' AND coalesce(channel, '') NOT LIKE '%z%'",
        " ORDER BY made_at DESC, loan_id;",
        " LIMIT 3 -- at most",
    ],
)
def test_however_a_query_ends_its_rows_are_the_same(query: Read, end: str) -> None:
    assert query(QUERY.rstrip() + end) == query()


def test_a_query_may_begin_with_names_for_others(query: Read) -> None:
    with_names = f"WITH known AS (SELECT * FROM outcomes), all_of_them AS ({QUERY}) SELECT * FROM all_of_them"
    assert query(with_names.replace("JOIN outcomes", "JOIN known")) == query()


def test_two_statements_are_none(query: Read) -> None:
    with pytest.raises(DataError, match="source.sql.query: .* syntax error"):
        query(QUERY + "; SELECT 1")


def test_a_query_of_comments_is_none(query: Read) -> None:
    with pytest.raises(DataError, match="source.sql.query: .* syntax error"):
        query("-- nothing;")


@pytest.mark.parametrize(
    "name", ["Channel", "select", "two words", 'quo"te', "it's", "per%cent", "co:lon", "semi;colon", "größe"]
)
def test_a_column_may_be_called_anything(engine: sa.Engine, models: Path, name: str) -> None:
    columns = {name if known == "channel" else known: column for known, column in COLUMNS.items()}
    quoted = '"' + name.replace('"', '""').replace(":", "\\:") + '"'
    sql = QUERY.replace("l.*", f"l.loan_id, made_at, income, channel AS {quoted}, urban")
    spec = loans({"sql": {"connection": "warehouse", "query": sql}}, columns=columns)
    table = read(spec, window=ANY_TIME, as_of=NOON, models=models, connect=lambda _: engine)
    assert table[name].to_pylist() == ["web", "branch", None]


def test_a_name_in_other_letters_is_another_column(query: Read) -> None:
    with pytest.raises(DataError, match=r"no column 'channel'\. Did you mean 'Channel'\?"):
        query(QUERY.replace("l.*", 'l.loan_id, made_at, income, channel AS "Channel", urban'))


AWKWARD = [
    "",
    "NULL",
    "NaN",
    'say "hi"',
    "two\nlines\r\n",
    "comma, tab\t",
    "\\N",
    "\\.",
    "Größe",
    "t",
    "%(x)s %",
]


@pytest.mark.parametrize("kind", ["text", "channels"], ids=["by COPY", "by a cursor"])
def test_texts_come_as_they_are_whichever_way_the_rows_are_read(
    engine: sa.Engine, query: Read, statements: list[str], kind: str
) -> None:
    with engine.begin() as connection:
        connection.execute(sa.text("CREATE DOMAIN plain AS text; CREATE TYPE channels AS ENUM ('web')"))
        connection.execute(sa.text("ALTER TYPE channels RENAME VALUE 'web' TO 'w'"))
        for text in AWKWARD[1:]:
            connection.execute(sa.text(f"ALTER TYPE channels ADD VALUE '{text}'".replace(":", "\\:")))
    with engine.begin() as connection:
        connection.execute(sa.text("CREATE TABLE said (n int, channel text)"))
        rows = [{"n": n, "channel": text} for n, text in enumerate(AWKWARD[1:], 1)]
        connection.execute(sa.text("INSERT INTO said VALUES (:n, :channel)"), rows)
    sql = f"""SELECT n AS loan_id, timestamptz '2026-01-01 00:00+00' + n * interval '1 s' AS made_at,
        1 AS income, channel::{kind} AS channel, true AS urban, true AS defaulted FROM said"""
    assert query(sql)["channel"].to_pylist() == AWKWARD[1:]
    assert any(one.startswith("COPY") for one in statements) == (kind == "text")


def test_an_empty_text_is_not_a_missing_one(query: Read) -> None:
    rows = query(QUERY.replace("l.*", "l.loan_id, made_at, income, coalesce(channel, '') AS channel, urban"))
    assert rows["channel"].to_pylist() == ["web", "branch", ""]


@pytest.mark.parametrize("number", ["0.1::real", "1e-300", "0.1::numeric(9, 3)", "12345678901234567::bigint"])
def test_numbers_come_exactly(query: Read, number: str) -> None:
    rows = query(QUERY.replace("l.*", f"l.loan_id, made_at, {number} AS income, channel, urban"))
    assert rows["income"][0].as_py() == float(number.partition("::")[0])


def test_a_query_that_fails_half_way_is_an_error_and_the_connection_goes_on(query: Read) -> None:
    failing = """SELECT n AS loan_id, timestamptz '2026-01-01 00:00+00' + n * interval '1 second' AS made_at,
        1 / (n - 400000) AS income, 'a' AS channel, true AS urban, true AS defaulted
        FROM generate_series(1, 500000) n"""
    with pytest.raises(DataError, match="'warehouse' failed: division by zero"):
        query(failing)
    assert query().num_rows == 3


def test_who_stops_reading_half_way_leaves_no_connection_behind(
    engine: sa.Engine, query: Read, models: Path
) -> None:
    many = """SELECT n AS loan_id, now() AS made_at, 1 AS income, 'a' AS channel, true AS urban,
        true AS defaulted FROM generate_series(1, 1000000) n"""
    rows = stream(
        loan_spec(many), ["income"], window=ANY_TIME, as_of=NOON, models=models, connect=lambda name: engine
    )
    assert next(rows).schema.names == ["loan_id", "made_at", "income"]
    rows.close()
    assert engine.pool.checkedout() == 0
    assert query().num_rows == 3


@pytest.mark.parametrize("kind", ["text", "channels"], ids=["by COPY", "by a cursor"])
def test_a_database_that_restarts_half_way_is_away_and_no_mistake_of_the_spec(
    engine: sa.Engine, models: Path, kind: str
) -> None:
    with engine.begin() as connection:
        connection.execute(sa.text("CREATE TYPE channels AS ENUM ('a')"))
    many = f"""SELECT n AS loan_id, now() AS made_at, 1 AS income, 'a'::{kind} AS channel, true AS urban,
        true AS defaulted FROM generate_series(1, 1000000) n"""
    rows = stream(
        loan_spec(many), ["channel"], window=ANY_TIME, as_of=NOON, models=models, connect=lambda name: engine
    )
    next(rows)
    with sa.create_engine(engine.url, poolclass=sa.NullPool).connect() as connection:
        others = "datname = current_database() AND pid <> pg_backend_pid()"
        connection.execute(sa.text(f"SELECT pg_terminate_backend(pid) FROM pg_stat_activity WHERE {others}"))
    with pytest.raises(SourceAway, match="'warehouse' failed: .*connection"):
        list(rows)
