"""Fill a PostgreSQL database with the credit world from the command line.

python -m airlock.samples.credit fill --database-url postgresql+psycopg2://…
        --start 2025-01-01 --end 2026-11-20 --episode covariate_shift:2026-11-01
"""

import argparse
import sys
from collections.abc import Sequence
from datetime import date
from typing import NoReturn

import sqlalchemy as sa

from airlock.samples.credit import SCENARIOS, Episode, World, create_tables, generate, load

ABOUT = "Fill a PostgreSQL database with the credit world."


class OneLineParser(argparse.ArgumentParser):
    """A parser that says what is wrong in one line."""

    def error(self, message: str) -> NoReturn:
        """Leave with status 2 and the message alone."""
        self.exit(2, f"{self.prog}: {message}\n")


def episode(text: str) -> Episode:
    """Read `scenario:start[:end[:strength]]`; an empty end means for good.

    >>> shift = episode("covariate_shift:2026-11-01:2026-11-10:0.5")
    >>> str(shift.start), str(shift.end), shift.strength
    ('2026-11-01', '2026-11-10', 0.5)
    >>> episode("season:2025-01-01").end is None
    True
    """
    parts = text.split(":")
    if not 2 <= len(parts) <= 4:
        raise argparse.ArgumentTypeError(
            f"{text!r} is not scenario:start[:end[:strength]], as in season:2025-01-01"
        )
    scenario, start, end, strength = parts + [""] * (4 - len(parts))
    try:
        return Episode(
            scenario,
            start=day(start),
            end=day(end) if end else None,
            strength=float(strength) if strength else 1.0,
        )
    except ValueError as error:
        raise argparse.ArgumentTypeError(f"{text!r}: {error}") from error


def day(text: str) -> date:
    """Read a date as 2026-11-20."""
    try:
        return date.fromisoformat(text)
    except ValueError:
        raise argparse.ArgumentTypeError(f"{text!r} is not a date; write it as 2026-11-20") from None


def parser() -> OneLineParser:
    """Describe the command line."""
    top = OneLineParser(prog="python -m airlock.samples.credit", description=ABOUT)
    fill = top.add_subparsers(dest="command", required=True).add_parser(
        "fill", help="create the tables and replace the given days", description=ABOUT
    )
    fill.add_argument("--database-url", required=True, help="SQLAlchemy URL, postgresql+psycopg2://…")
    fill.add_argument("--start", required=True, type=day, help="first day")
    fill.add_argument("--end", required=True, type=day, help="first day left out")
    fill.add_argument("--seed", type=int, default=World.seed, help="which world (default: %(default)s)")
    fill.add_argument(
        "--applications-per-day",
        type=int,
        default=World.applications_per_day,
        help="mean (default: %(default)s)",
    )
    fill.add_argument(
        "--episode",
        type=episode,
        action="append",
        default=[],
        dest="episodes",
        metavar="SCENARIO:START[:END[:STRENGTH]]",
        help=f"what happens when; may be repeated; scenarios: {', '.join(SCENARIOS)}",
    )
    return top


def postgres_engine(url: str) -> sa.Engine:
    """Make an engine for a PostgreSQL URL and refuse any other."""
    try:
        engine = sa.create_engine(url)
    except sa.exc.ArgumentError:
        raise ValueError(
            "--database-url is not a URL; write postgresql+psycopg2://user@host/database"
        ) from None
    if engine.dialect.name != "postgresql":
        raise ValueError(f"--database-url names {engine.dialect.name}; only postgresql+psycopg2:// will do")
    return engine


def main(arguments: Sequence[str] | None = None) -> int:
    """Run the command line and give the exit status."""
    command = parser()
    options = command.parse_args(arguments)
    try:
        world = World(options.seed, options.applications_per_day, tuple(options.episodes))
        engine = postgres_engine(options.database_url)
        data = generate(world, options.start, options.end)
        create_tables(engine)
        load(engine, data)
    except ValueError as error:
        command.error(str(error))
    except sa.exc.DBAPIError as error:
        command.error(f"the database did not answer as it should: {str(error.orig).strip().splitlines()[0]}")
    print(
        f"{options.start} to {options.end}: {len(data.applications)} applications "
        f"of {len(data.customers)} customers, {data.outcomes['defaulted'].mean():.1%} default"
    )
    return 0


if __name__ == "__main__":
    sys.exit(main())
