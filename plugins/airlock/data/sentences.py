"""Expectations as sentences that people read."""

import re
from typing import Any

from airlock.data.suite import Expectation

PLACEHOLDER = re.compile(r"\$(\w+)")
LOW, HIGH = "greater than or equal to", "less than or equal to"
PLAINER = {
    f"{LOW} $min_value and {HIGH} $max_value": "between $min_value and $max_value",
    LOW: "at least",
    HIGH: "at most",
    "Must have": "The table must have",
    " % of": "% of",
}


def sentence(expectation: Expectation, result: Any = None) -> str:
    """Return what is expected: its author's description, Great Expectations' sentence, or one from its name.

    >>> sentence(Expectation("expect_column_mean_to_be_between", {"column": "age", "min_value": 18}, "info"))
    'age: column mean to be between (min_value 18).'
    >>> ranges = {"quantiles": [0.5], "value_ranges": [[800, 6000]]}
    >>> kwargs = {"column": "income", "quantile_ranges": ranges}
    >>> sentence(Expectation("expect_column_quantile_values_to_be_between", kwargs, "critical"))
    'income: half of the values must lie below a point between 800 and 6,000.'
    """
    if expectation.description:
        return expectation.description
    if "quantile_ranges" in expectation.kwargs:
        return _quantiles(expectation)
    return _rendered(expectation, result) or _from_name(expectation)


def spell(value: Any) -> str:
    """Return a value as people write it.

    >>> spell(1234567.0), spell(0.123456789), spell([1.0, None]), spell("a")
    ('1,234,567', '0.123457', '1, missing', 'a')
    """
    if hasattr(value, "tolist"):  # numpy's numbers and arrays
        value = value.tolist()
    if value is None or value != value:
        return "missing"
    if isinstance(value, list | tuple):
        return ", ".join(spell(part) for part in value)
    if isinstance(value, bool) or not isinstance(value, int | float):
        return str(value)
    return f"{int(value):,}" if float(value).is_integer() else f"{value:,.6g}"


def _quantiles(expectation: Expectation) -> str:
    ranges = expectation.kwargs["quantile_ranges"]
    parts = []
    for quantile, (low, high) in zip(ranges["quantiles"], ranges["value_ranges"], strict=True):
        share = "half" if quantile == 0.5 else f"{spell(100 * quantile)} %"
        bounds = [f"at least {spell(low)}" if high is None else f"at most {spell(high)}"]
        if low is not None and high is not None:
            bounds = [f"between {spell(low)} and {spell(high)}"]
        parts.append(f"{share} of the values must lie below a point {bounds[0]}")
    return f"{', '.join(expectation.columns)}: {'; '.join(parts)}."


def _rendered(expectation: Expectation, result: Any) -> str:
    """Return Great Expectations' sentence: its one renderer, as `result.render()` calls them all."""
    if result is None:
        return ""
    from great_expectations.expectations.registry import get_renderer_impl

    renderer = get_renderer_impl(expectation.type, "atomic.prescriptive.summary")
    if renderer is None:
        return ""
    try:
        block = renderer[1](configuration=result.expectation_config).value
    except (ValueError, TypeError, KeyError, AttributeError):  # no sentence is worth a result
        return ""
    template = block.template or ""
    for long, short in PLAINER.items():
        template = template.replace(long, short)
    values = {name: part.get("value") for name, part in (block.params or {}).items()}
    text = PLACEHOLDER.sub(lambda found: spell(values.get(found[1], found[0])), template)
    return f"{text.rstrip('.')}." if text else ""


def _from_name(expectation: Expectation) -> str:
    subject = ", ".join(expectation.columns) or "the table"
    facts = [
        f"{name} {spell(value)}"
        for name, value in expectation.kwargs.items()
        if not name.startswith("column") and not isinstance(value, dict)
    ]
    words = expectation.type.removeprefix("expect_").replace("_", " ")
    return f"{subject}: {words} ({', '.join(facts)})." if facts else f"{subject}: {words}."
