"""Plain words for what statisticians call by other names, and figures as people read them."""

import re
from collections.abc import Callable, Iterable, Mapping, Sequence
from datetime import UTC, datetime
from typing import Any

UNDEFINED = "not defined"
#: A figure that is smaller has no digits a person can use.
TINY = 0.0005
#: Control characters, which neither HTML nor Word may hold.
CONTROL = re.compile(r"[\x00-\x08\x0b\x0c\x0e-\x1f\x7f\ufffe\uffff]")

#: technical name -> what people call it, and what it says.
WORDS: Mapping[str, tuple[str, str]] = {
    "roc_auc": ("Ranking", "how often a case with the outcome scores above one without; 0.5 is guessing"),
    "average_precision": ("Purity of the top", "precision over all cut-offs of the ranking"),
    "accuracy": ("Right answers", "share of all answers"),
    "precision": ("Right when it says yes", "share of those answered yes"),
    "recall": ("Found", "share of those for whom it happened"),
    "f1": ("Found and right, in balance", "harmonic mean of precision and recall"),
    "brier": ("Error of the probability", "mean square; 0 is perfect"),
    "log_loss": ("Penalty for wrong probabilities", "hardest for confident ones; 0 is perfect"),
    "calibration_error": (
        "Gap between said and happened",
        "mean difference of probability and outcome; 0 is perfect",
    ),
    "mean_cost": ("Cost of a decision", "mean over all rows, at the chosen threshold"),
    "r2": ("Variation explained", "1 is all of it"),
    "rmse": ("Typical error", "large errors count more"),
    "mae": ("Mean error", "whichever way"),
    "median_absolute_error": ("Error of the middle case", "half of the rows have a smaller one"),
    "absolute_bias": ("One-sided error", "how far answers are off in one direction on average"),
    "demographic_parity_difference": ("Gap in yes answers", "between the groups with most and fewest"),
    "demographic_parity_ratio": ("Ratio of yes answers", "fewest divided by most; 1 is equal"),
    "equalized_odds_difference": (
        "Gap in errors",
        "the wider of the gaps in found and in falsely answered yes",
    ),
    "equal_opportunity_difference": ("Gap in found", "between groups, of those for whom it happened"),
    "accuracy_difference": ("Gap in right answers", "between groups"),
    "calibration_difference": ("Gap in calibration", "between groups, in how far probabilities are off"),
    "mae_ratio": ("Ratio of mean errors", "largest group's divided by smallest's; 1 is equal"),
    "bias_difference": ("Gap in one-sided error", "between groups"),
    "flips_under_noise": ("Answers changed by noise", "share, when numbers are slightly off"),
    "flips_under_missing_values": ("Answers changed by gaps", "share, when values are missing"),
    "flips_under_unseen_categories": ("Answers changed by new categories", "share"),
    "flips_under_attack": ("Answers that can be talked round", "share, by small changes chosen to do so"),
    "shift_under_noise": ("Answers moved by noise", "how far, when numbers are slightly off"),
    "shift_under_missing_values": ("Answers moved by gaps", "how far, when values are missing"),
    "shift_under_unseen_categories": ("Answers moved by new categories", "how far"),
    "rule_violations": ("Broken rules", "share of rows, of the rule that is broken most"),
    "worst_slice_excess": ("Worst slice", "how much worse than the model expects of itself"),
    "proxy_auc": ("Features give groups away", "0.5 is not at all, 1 is always"),
    "score_proxy_auc": ("Score gives groups away", "0.5 is not at all, 1 is always"),
    "membership_auc": ("Gives its training data away", "0.5 is not at all, 1 is always"),
    "latency_ms": ("Time for one answer", "milliseconds"),
    "latency_per_thousand_ms": ("Time for a thousand answers", "milliseconds"),
    "rows": ("Rows to judge by", ""),
    "rows_of_each_class": ("Rows of the rarest class", ""),
    "champion": ("Against the champion", "how much worse than what is in production"),
    "selection_rate": ("Answered yes", "share"),
    "true_positive_rate": ("Found", "share of those for whom it happened"),
    "false_positive_rate": ("Falsely answered yes", "share of those for whom it did not happen"),
    "false_negative_rate": ("Missed", "share of those for whom it happened"),
    "base_rate": ("Happened", "share"),
    "mean_score": ("Mean score", ""),
    "calibration_gap": ("Happened more than said", "share that happened, less the mean score"),
    "bias": ("One-sided error", "mean of answer minus truth"),
}

#: Who asks for a limit.
ORIGINS: Mapping[str, str] = {"spec": "spec", "policy": "policy", "airlock": "Airlock"}


def plain(name: str) -> str:
    """Return what people call a thing that has a technical name, also by an attribute.

    >>> plain("roc_auc"), plain("accuracy_difference by sex"), plain("something_else")
    ('Ranking', 'Gap in right answers by sex', 'something else')
    """
    measure, by, attribute = name.partition(" by ")
    return WORDS.get(measure, (title(measure), ""))[0] + by + attribute


def ordered(names: Iterable[str]) -> list[str]:
    """Return names in the order in which people read them: as above, then those without words.

    >>> ordered(["unknown", "recall", "accuracy", "roc_auc"])
    ['roc_auc', 'accuracy', 'recall', 'unknown']
    """
    places = {name: place for place, name in enumerate(WORDS)}
    return sorted(names, key=lambda name: (places.get(name, len(places)), name))


def meaning(name: str) -> str:
    """Return what a technical name says, and nothing for one without words.

    >>> meaning("rmse"), meaning("something_else")
    ('large errors count more', '')
    """
    return WORDS.get(name, ("", ""))[1]


def title(name: str) -> str:
    """Return a name of the code as words.

    >>> title("missing_values")
    'missing values'
    """
    return name.replace("_", " ")


def number(value: Any) -> str:
    """Return a figure with the digits a person can use; what is no number stays as it is written.

    >>> number(0.74213), number(1234567), number(12345.6), number(None), number("own")
    ('0.742', '1,234,567', '12,346', 'not defined', 'own')
    >>> number(7e-5), number(-7e-5), number(0.0)
    ('under 0.0005', 'above -0.0005', '0')
    """
    if value is None:
        return UNDEFINED
    if isinstance(value, bool):
        return "yes" if value else "no"
    if not isinstance(value, int | float):
        return str(value)
    size = abs(value)
    if value == int(value) or size >= 1000:
        return f"{value:,.0f}"
    if size < TINY:
        return f"under {TINY}" if value > 0 else f"above -{TINY}"
    return f"{value:,.{3 if size < 1 else 2 if size < 100 else 1}f}"


def percent(value: float | None) -> str:
    """Return a share as a percentage.

    >>> percent(0.3124), percent(0.58), percent(0.0004), percent(None)
    ('31.2 %', '58 %', '0.04 %', 'not defined')
    """
    if value is None:
        return UNDEFINED
    share = round(value * 100, 6)
    digits = 0 if share == round(share) else 2 if abs(share) < 0.1 else 1
    return f"{share:,.{digits}f} %"


def interval(bounds: Sequence[Any] | None) -> str:
    """Return a 95 % interval in words, and nothing where there is none.

    >>> interval([0.71, 0.775]), interval(None), interval([None, None])
    ('0.710 to 0.775', '', '')
    """
    if not bounds or not all(isinstance(bound, int | float) for bound in bounds):
        return ""
    low, high = bounds
    return f"{number(low)} to {number(high)}"


def signed(value: float | None) -> str:
    """Return a difference with its sign.

    >>> signed(0.012), signed(-0.5), signed(7e-5), signed(None)
    ('+0.012', '-0.500', 'under 0.0005', 'not defined')
    """
    return UNDEFINED if value is None else f"{'+' if value >= TINY else ''}{number(value)}"


def moment(text: str | None) -> str:
    """Return a moment as people write it, in UTC.

    >>> moment("2026-11-01T03:05:00+00:00"), moment(None)
    ('2026-11-01 03:05 UTC', '')
    """
    return f"{datetime.fromisoformat(text).astimezone(UTC):%Y-%m-%d %H:%M} UTC" if text else ""


def sentence(text: str) -> str:
    """Return a text with a full stop, unless it ends as a sentence does.

    >>> sentence("The loan is refused"), sentence("Why?")
    ('The loan is refused.', 'Why?')
    """
    return text if text.endswith((".", "!", "?")) else f"{text}."


def clean(text: str) -> str:
    r"""Return a text without control characters.

    >>> clean("a\x00b")
    'ab'
    """
    return CONTROL.sub("", text)


def plural(count: int, noun: str) -> str:
    """Return a count with its noun.

    >>> plural(1, "gate"), plural(1200, "row")
    ('1 gate', '1,200 rows')
    """
    return f"{count:,} {noun}{'' if count == 1 else 's'}"


FILTERS: dict[str, Callable[..., Any]] = {
    "ordered": ordered,
    "plain": plain,
    "meaning": meaning,
    "words": title,
    "number": number,
    "percent": percent,
    "interval": interval,
    "signed": signed,
    "moment": moment,
    "plural": plural,
}
