"""The business in a night: each indicator of the spec, as it was known at the night's end."""

from datetime import UTC, datetime
from pathlib import Path

from airlock.chain.night_outcomes import Connect
from airlock.data.errors import DataError
from airlock.data.number import read_number
from airlock.data.window import Window
from airlock.monitoring.indicators import IndicatorFigure
from airlock.spec import ModelSpec, SpecError
from airlock.spec.catalogue import entry_for


def measure_indicators(
    spec: ModelSpec, night: Window, models: Path, connect: Connect
) -> tuple[IndicatorFigure, ...]:
    """Measure every indicator; one that cannot be known says why, and keeps no other from being measured."""
    if not spec.monitoring.indicators:
        return ()
    assert night.end is not None
    as_of, refused = night.end.astimezone(UTC), _refused(spec, models.parent)
    return tuple(
        _measured(spec, name, as_of, refused, models, connect) for name in spec.monitoring.indicators
    )


def _measured(
    spec: ModelSpec, name: str, as_of: datetime, refused: str | None, models: Path, connect: Connect
) -> IndicatorFigure:
    asked = spec.monitoring.indicators[name]
    end = as_of - asked.delay
    window = Window(end - asked.window, end)
    value, reason = None, refused
    if reason is None:
        try:
            value = read_number(spec, name, window=window, as_of=as_of, models=models, connect=connect)
        except DataError as error:
            reason = str(error)
        except Exception as error:  # a source may do anything, and the night has more to tell
            reason = f"its source failed with {type(error).__name__}."
    bounds = asked.at_least, asked.at_most
    return IndicatorFigure(name, asked.title, asked.unit, *bounds, end - asked.window, end, value, reason)


def _refused(spec: ModelSpec, include: Path) -> str | None:
    """Return why the catalogue does not let the spec read its data, as it would refuse a training."""
    try:
        entry_for(spec, include)
    except SpecError as error:
        return " ".join(str(error).split())
    return None
