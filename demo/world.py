"""The lender's world of the demo: which days are calm, and on which the world changes."""

import json
from dataclasses import dataclass
from datetime import UTC, date, datetime, timedelta

import sqlalchemy as sa

from airlock.samples.credit.generate import generate
from airlock.samples.credit.load import load
from airlock.samples.credit.tables import create_tables
from airlock.samples.credit.world import Episode, World
from demo.progress import require
from stack.postgres import cluster_of
from stack.secrets import read_secrets
from stack.settings import Settings

HISTORY = timedelta(days=365 + 90)  # what a training of credit_risk looks back on
AHEAD = timedelta(days=30)  # so that the stack's own nightly runs find rows for a while
CALM_NIGHTS = 3
CHANGED_NIGHTS = 2
BETWEEN_DEMOS = timedelta(days=14)  # so that the nights of one demo are not those of the next
FIRST_DEMO = timedelta(days=182)  # before today


@dataclass(frozen=True)
class Calendar:
    """The days of one demo: training as of `start`, then calm nights, then nights in a changed world."""

    start: date

    @property
    def change(self) -> date:
        """The first day of the changed world."""
        return self.start + timedelta(days=CALM_NIGHTS)

    @property
    def end(self) -> date:
        """The first day after the changed world."""
        return self.change + timedelta(days=CHANGED_NIGHTS)

    @property
    def calm_nights(self) -> tuple[date, date]:
        """The first and the last calm night."""
        return self.start, self.change - timedelta(days=1)

    @property
    def changed_nights(self) -> tuple[date, date]:
        """The first and the last night in the changed world."""
        return self.change, self.end - timedelta(days=1)


def midnight(day: date) -> datetime:
    """Return the moment at which a UTC day begins."""
    return datetime(day.year, day.month, day.day, tzinfo=UTC)


def next_calendar(settings: Settings) -> Calendar:
    """Return the days of this demo: each one on an installation goes on where the one before ended."""
    note = settings.home / "demo.json"
    if note.exists():
        start = date.fromisoformat(json.loads(note.read_text())["start"]) + BETWEEN_DEMOS
    else:
        start = datetime.now(UTC).date() - FIRST_DEMO
    calendar = Calendar(start)
    require(
        calendar.end < datetime.now(UTC).date(),
        "The demo has told all its days on this installation: make clean, then make demo begins anew.",
    )
    note.write_text(json.dumps({"start": start.isoformat()}))
    return calendar


def fill_warehouse(settings: Settings, calendar: Calendar) -> int:
    """Fill the warehouse with calm days around the demo's; return how many applications it then holds."""
    engine = _warehouse(settings)
    create_tables(engine)
    until = max(calendar.end, datetime.now(UTC).date()) + AHEAD
    load(engine, generate(World(), calendar.start - HISTORY, until))
    with engine.connect() as connection:
        return int(connection.execute(sa.text("SELECT count(*) FROM applications")).scalar_one())


def change_the_world(settings: Settings, calendar: Calendar) -> None:
    """Let other people apply on the changed days, as in a new marketing channel: a covariate shift."""
    episode = Episode("covariate_shift", calendar.change, calendar.end)
    load(_warehouse(settings), generate(World(episodes=(episode,)), calendar.change, calendar.end))


def _warehouse(settings: Settings) -> sa.Engine:
    return sa.create_engine(
        cluster_of(settings.home).url("warehouse", read_secrets(settings.home).database["warehouse"])
    )
