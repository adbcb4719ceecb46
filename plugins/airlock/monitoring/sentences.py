"""Findings as sentences: what, how much, and against what."""

from collections.abc import Sequence
from typing import TYPE_CHECKING

from airlock.monitoring.tally import PREDICTION, SCORE
from airlock.spec.bounds import bound_of, side_of
from airlock.spec.governance import Limit

if TYPE_CHECKING:
    from airlock.monitoring.drift import ColumnDrift
    from airlock.monitoring.estimate import Estimates
    from airlock.monitoring.performance import Performance

#: A share of missing values is worth a word when it moved by more than this.
WORTH_A_WORD = 0.01
ANSWER_NAMES = {SCORE: "The score", PREDICTION: "The prediction"}


def figure(value: float | None) -> str:
    """Return a number as a person would say it.

    >>> figure(3214.6), figure(0.05164), figure(12), figure(None)
    ('3,215', '0.0516', '12', 'unknown')
    """
    if value is None:
        return "unknown"
    return f"{value:,.0f}" if abs(value) >= 1000 else f"{value:.3g}"


def percent(share: float) -> str:
    """Return a share of the rows, with a decimal only where it says something.

    >>> percent(0.416), percent(0.004), percent(0.0), percent(0.0001)
    ('42 %', '0.4 %', '0 %', 'under 0.1 %')
    """
    if 0 < share < 0.001:
        return "under 0.1 %"
    return f"{share:.1%}".replace("%", " %") if 0 < share < 0.1 else f"{share:.0%}".replace("%", " %")


def drift_sentence(drift: "ColumnDrift", limit: float) -> str:
    """Say that a column lies too far from the training data, and how one can see it."""
    name = drift.column if drift.part == "feature" else ANSWER_NAMES[drift.column]
    details = [*_where(drift), *_missing(drift), *_unseen(drift)]
    return f"{name} has shifted: PSI {figure(drift.psi)}, limit {figure(limit)}. {' '.join(details)}".strip()


def fault_sentence(drift: "ColumnDrift") -> str:
    """Say why a column could not be compared with the training data at all."""
    return f"{drift.column} {drift.fault}, so its drift cannot be measured."


def share_sentence(shifted: Sequence[str], features: int, limit: float) -> str:
    """Say that too many features shifted at once.

    >>> share_sentence(["income", "amount"], 4, 0.2)
    '2 of 4 features (50 %) have shifted, limit 20 %: income, amount.'
    """
    share = percent(len(shifted) / features)
    names = ", ".join(shifted)
    return f"{len(shifted)} of {features} features ({share}) have shifted, limit {percent(limit)}: {names}."


def performance_sentence(performance: "Performance", metric: str, value: float | None, side: str) -> str:
    """Say that a metric over the outcomes that arrived does not keep its limit."""
    assert performance.start is not None and performance.end is not None
    over = f"over {performance.rows:,} outcomes of {performance.start:%Y-%m-%d} to {performance.end:%Y-%m-%d}"
    if value is None:
        return f"{metric} cannot be computed {over}; it must be {side}."
    return f"{metric} is {figure(value)} {over}; it must be {side}."


def estimate_sentence(estimates: "Estimates", bound: Limit) -> str:
    """Say that a metric will not keep its limit, by estimate, and what the estimate takes for granted."""
    pending = estimates.pending
    assert pending is not None and pending.metrics is not None and estimates.since is not None
    value = pending.metrics[bound.metric]
    assert value is not None
    between = f"{figure(value.mean)} ({figure(value.low)} to {figure(value.high)})"
    return (
        f"By estimate {bound.metric} is {between} over the {pending.rows:,} answers since "
        f"{estimates.since:%Y-%m-%d} whose outcomes are not known yet; it must be {side(bound)}. "
        "The estimate assumes that outcomes follow the scores as they did in training."
    )


def side(bound: Limit) -> str:
    """Say what a limit asks for.

    >>> side(Limit(metric="roc_auc", at_least=0.66))
    'at least 0.66'
    """
    return f"{side_of(bound)} {figure(bound_of(bound))}"


def _where(drift: "ColumnDrift") -> list[str]:
    if drift.shift is not None:
        share = drift.shift
        return [
            f"{share.value} was {percent(share.before)} of the training rows and is {percent(share.now)} now."
        ]
    return [f"Its mean was {figure(drift.reference_mean)} in training and is {figure(drift.mean)} now."]


def _missing(drift: "ColumnDrift") -> list[str]:
    before, now = drift.reference_missing or 0.0, drift.missing or 0.0
    if abs(now - before) < WORTH_A_WORD:
        return []
    return [f"{percent(now)} of its values are missing, {percent(before)} were in training."]


def _unseen(drift: "ColumnDrift") -> list[str]:
    if not drift.unseen_share:
        return []
    names = f" ({', '.join(drift.unseen)})" if drift.unseen else ""
    return [f"{percent(drift.unseen_share)} of the rows hold values that training never had{names}."]
