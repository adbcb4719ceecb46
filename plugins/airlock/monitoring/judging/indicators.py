"""Whether the business does as well as it must."""

from collections.abc import Iterator, Sequence

from airlock.monitoring.finding import Finding
from airlock.monitoring.indicators import IndicatorFigure
from airlock.monitoring.sentences import figure
from airlock.spec import ModelSpec
from airlock.spec.bounds import bound_of, keeps, side_of


def judge(spec: ModelSpec, indicators: Sequence[IndicatorFigure]) -> Iterator[Finding]:
    """Yield the indicators that do not keep their bound, and those that nobody knows."""
    measured = {indicator.name: indicator for indicator in indicators}
    for name, asked in spec.monitoring.indicators.items():
        found = measured.get(name)
        if found is None or not keeps(found, found.value):
            sentence = _sentence(found) if found else f"{asked.title} was not measured."
            value = found.value if found else None
            yield Finding("indicator", name, value, bound_of(asked), sentence, f"indicator/{name}")


def _sentence(found: IndicatorFigure) -> str:
    of = f"of {found.start:%Y-%m-%d %H:%M} until {found.end:%Y-%m-%d %H:%M} UTC"
    if found.value is None:
        return f"{found.title} {of} cannot be known: {found.reason}"
    return (
        f"{found.title} {of} is {figure(found.value)} {found.unit}; it must be {side_of(found)} "
        f"{figure(bound_of(found))} {found.unit}."
    )
