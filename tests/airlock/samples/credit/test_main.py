import pytest
import sqlalchemy as sa

from airlock.samples.credit.__main__ import main

URL = "postgresql+psycopg2://nobody@/nothing?host=/nowhere"
RANGE = ("--start", "2026-03-01", "--end", "2026-03-03")


def test_fill_makes_the_tables_and_says_what_it_did(
    fresh_database: str, capsys: pytest.CaptureFixture[str]
) -> None:
    episode = ("--episode", "feed_fault:2026-03-02:2026-03-03:1", "--episode", "season:2020-01-01")
    assert (
        main(["fill", "--database-url", fresh_database, *RANGE, "--applications-per-day", "50", *episode])
        == 0
    )
    assert capsys.readouterr().out.startswith("2026-03-01 to 2026-03-03: ")
    engine = sa.create_engine(fresh_database)
    with engine.connect() as connection:
        highest = connection.execute(
            sa.text(
                "SELECT max(income) FROM applications GROUP BY applied_at::date ORDER BY applied_at::date"
            )
        )
        before, after = highest.scalars()
    engine.dispose()
    assert before <= 25_000 < after


@pytest.mark.parametrize(
    ("arguments", "message"),
    [
        ((), "the following arguments are required: --database-url, --start, --end"),
        (("--database-url", URL, "--start", "1.3.2026", "--end", "2026-03-03"), "'1.3.2026' is not a date"),
        (("--database-url", URL, "--start", "2026-03-03", "--end", "2026-03-03"), "is not after start"),
        (("--database-url", URL, *RANGE, "--seed", "-4"), "seed -4 is outside"),
        (("--database-url", URL, *RANGE, "--applications-per-day", "0"), "applications per day is 0"),
        (("--database-url", URL, *RANGE, "--episode", "season"), "is not scenario:start[:end[:strength]]"),
        (("--database-url", URL, *RANGE, "--episode", "flood:2026-01-01"), "unknown scenario 'flood'"),
        (("--database-url", URL, *RANGE, "--episode", "season:soon"), "'soon' is not a date"),
        (("--database-url", URL, *RANGE, "--episode", "season:2026-01-01::much"), "'much'"),
        (("--database-url", "warehouse", *RANGE), "--database-url is not a URL"),
        (("--database-url", "sqlite://", *RANGE), "--database-url names sqlite"),
        (("--database-url", URL, *RANGE), "the database did not answer"),
    ],
)
def test_bad_input_gets_one_clear_line(
    arguments: tuple[str, ...], message: str, capsys: pytest.CaptureFixture[str]
) -> None:
    with pytest.raises(SystemExit) as left:
        main(["fill", *arguments])
    assert left.value.code == 2
    said = capsys.readouterr().err
    assert message in said
    assert said.count("\n") == 1
