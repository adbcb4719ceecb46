"""Triage on real data: what the market, the season and chance do is no fault, and a planted fault is one."""

from collections.abc import Callable
from dataclasses import dataclass
from datetime import UTC, date, datetime
from pathlib import Path

import numpy as np
import pyarrow as pa
import pyarrow.compute as pc
import pytest

from airlock.data.snapshot import take_snapshot
from airlock.monitoring.background import background
from airlock.monitoring.profile import profile
from airlock.package.predictor import Predictor
from airlock.spec import load_model
from airlock.store import Store
from airlock.training.candidate import fit
from airlock.training.split import split
from airlock.triage.cause import Cause
from airlock.triage.decide import find_cause
from airlock.triage.facts import Facts

Wrong = Callable[[pa.Table], pa.Table]
ROWS = 600


@dataclass(frozen=True)
class Watched:
    """A model of real data, what it was judged on, and what came after."""

    predictor: Predictor
    profile: dict[str, object]
    holdout: pa.Table
    later: pa.Table

    def cause(self, night: pa.Table, day: date) -> Cause | None:
        """Return what triage says of a night."""
        return find_cause(Facts(day, self.profile, self.answered(self.holdout), self.answered(night)))

    def answered(self, rows: pa.Table) -> pa.Table:
        """Return rows with the model's answers; a number that is predicted is its own score."""
        said = self.predictor.predict_table(rows)
        return rows.append_column("score", pa.array(said.scores)).append_column(
            "prediction", pa.array(said.predictions)
        )

    def calm(self) -> pa.Table:
        """Return some of the rows held out, in their order."""
        drawn = np.random.default_rng(0).permutation(len(self.holdout))[:ROWS]
        return self.holdout.take(np.sort(drawn))


@pytest.fixture(scope="module")
def known() -> dict[object, Watched]:
    """The models that were trained already: each is, once."""
    return {}


@pytest.fixture
def watched(
    request: pytest.FixtureRequest, known: dict[object, Watched], real_include: Path, tmp_path: Path
) -> Watched:
    """A model that learnt from the first rows of its table; the others come later."""
    if request.param not in known:
        known[request.param] = learn(*request.param, real_include, tmp_path)
    return known[request.param]


def learn(name: str, learnt: int, holdout: float, include: Path, folder: Path) -> Watched:
    """Train the first candidate of a model on the first rows of its table."""
    spec = load_model(include, name)
    held = spec.training.split.model_copy(update={"holdout": holdout})
    spec = spec.model_copy(update={"training": spec.training.model_copy(update={"split": held})})
    table = take_snapshot(
        spec,
        as_of=datetime(2026, 1, 1, tzinfo=UTC),
        store=Store(folder),
        models=include / "models",
        connect=dict[str, None]().__getitem__,
        code_version="test",
    ).table()
    known = table.slice(0, learnt)
    parts = split(known, spec)
    train, rows = known.take(parts.train), known.take(parts.holdout)
    fitted = fit(spec, next(iter(spec.training.candidates)), train, models=include / "models")
    answers = fitted.answer(rows)
    described = profile(rows, fitted.signature.kinds, answers)
    whole = described | background(spec, described, train, rows, answers)
    return Watched(Predictor(fitted.signature, fitted.pipeline), whole, rows, table.slice(learnt))


BANK, BIKES, CREDITS = (
    ("bank_marketing", 16_000, 0.3),
    ("bike_demand", 13_000, 0.3),
    ("german_credit", 700, 0.3),
)


def scaled(column: str, factor: float, share: float = 1.0) -> Wrong:
    """Return what multiplies a share of a column's values."""

    def wrong(rows: pa.Table) -> pa.Table:
        values = rows[column].cast(pa.float64()).to_numpy()
        some = np.random.default_rng(1).random(len(rows)) < share
        return _with(rows, column, pa.array(np.where(some, values * factor, values)))

    return wrong


def missing(column: str) -> Wrong:
    """Return what loses a fifth of a column's values."""

    def wrong(rows: pa.Table) -> pa.Table:
        gone = np.random.default_rng(2).random(len(rows)) < 0.2
        lost = pc.if_else(pa.array(gone), pa.scalar(None, rows[column].type), rows[column])
        return _with(rows, column, lost)

    return wrong


def filled(column: str, value: float, source: tuple[str, str] | None = None) -> Wrong:
    """Return what puts a value in the place of half of a column's values, everywhere or from one source."""

    def wrong(rows: pa.Table) -> pa.Table:
        some = np.random.default_rng(3).random(len(rows)) < 0.5
        if source:
            some &= np.array([str(name) for name in rows[source[0]].to_pylist()]) == source[1]
        values = np.where(some, value, rows[column].cast(pa.float64()).to_numpy())
        return _with(rows, column, pa.array(values))

    return wrong


def twice(rows: pa.Table) -> pa.Table:
    """Deliver all rows again."""
    return pa.concat_tables([rows, rows])


def _with(rows: pa.Table, column: str, values: pa.Array) -> pa.Table:
    return rows.set_column(rows.column_names.index(column), column, values)


FAULTS: dict[str, tuple[tuple[str, int, float], Wrong, tuple[str, str]]] = {
    "campaign in cents": (BANK, scaled("campaign", 100), ("data_fault", "campaign")),
    "euribor in basis points": (BANK, scaled("euribor3m", 100), ("data_fault", "euribor3m")),
    "half of euribor is 0": (BANK, filled("euribor3m", 0), ("data_fault", "euribor3m")),
    "campaign is lost": (BANK, missing("campaign"), ("data_fault", "campaign")),
    "telephone fills in": (
        BANK,
        filled("campaign", -1, ("contact", "cellular")),
        ("bad_source", "contact=cellular"),
    ),
    "calls twice": (BANK, twice, ("data_fault", "rows")),
    "degrees for shares": (BIKES, scaled("temperature", 41), ("data_fault", "temperature")),
    "degrees in a fifth": (BIKES, scaled("temperature", 41, 0.2), ("data_fault", "temperature")),
    "percent for shares": (BIKES, scaled("humidity", 100), ("data_fault", "humidity")),
    "one weather's sensor": (BIKES, filled("humidity", 0, ("weather", "1")), ("bad_source", "weather=1")),
    "pfennigs": (CREDITS, scaled("credit_amount", 100, 0.2), ("data_fault", "credit_amount")),
    "years for months": (CREDITS, scaled("duration", 1 / 12), ("data_fault", "duration")),
    "savings are lost": (CREDITS, missing("savings"), ("data_fault", "savings")),
}


@pytest.mark.parametrize(
    ("watched", "wrong", "named"), FAULTS.values(), ids=FAULTS.keys(), indirect=["watched"]
)
def test_a_planted_fault_is_named_and_nothing_learns_it(
    watched: Watched, wrong: Wrong, named: tuple[str, str]
) -> None:
    cause = watched.cause(wrong(watched.calm()), date(2026, 5, 1))
    assert cause is not None
    assert (cause.kind, cause.about, cause.proposes) == (*named, "mend")


@pytest.mark.parametrize("watched", [BANK, BIKES, CREDITS], ids=lambda one: one[0], indirect=True)
def test_rows_like_those_held_out_have_no_cause(watched: Watched) -> None:
    assert watched.cause(watched.calm(), date(2026, 5, 1)) is None


@pytest.mark.parametrize("watched", [BANK, BIKES], ids=lambda one: one[0], indirect=True)
@pytest.mark.parametrize("first", [0, 500, 1000, 2000])
def test_what_the_market_and_the_weather_do_is_no_fault(watched: Watched, first: int) -> None:
    night = watched.later.slice(first, 240)
    day = next(
        night[name][0].as_py() for name in ("contacted_at", "hour_start") if name in night.column_names
    )
    cause = watched.cause(night, day.date())
    assert cause is not None and cause.kind in ("covariate_shift", "season", "label_shift")
