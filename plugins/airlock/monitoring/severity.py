"""How bad a finding is: what the alert puts first, and in which words."""

import math

from airlock.monitoring.finding import Finding
from airlock.monitoring.sentences import figure, percent


def badness(finding: Finding) -> float:
    """Return how often a finding is over its limit; a fault, and what cannot be measured, is worse than any.

    Figures that must be high enough count by how much they lack, so that one order holds all findings.

    Examples
    --------
    >>> badness(Finding("column_drift", "income", 1.5, 0.25, "", ""))
    6.0
    >>> round(badness(Finding("performance", "roc_auc", 0.6, 0.66, "", "")), 2)
    1.09
    """
    if finding.fault or (finding.value is None and finding.limit is not None):
        return math.inf
    if finding.value is None or not finding.limit:
        return 1.0
    if finding.value >= finding.limit:
        return finding.value / finding.limit
    return 1.0 + (finding.limit - finding.value) / abs(finding.limit)


def how_bad(finding: Finding) -> str:
    """Say how bad a finding is.

    Examples
    --------
    >>> how_bad(Finding("column_drift", "income", 1.84, 0.25, "", ""))
    '7.4 times its limit'
    >>> how_bad(Finding("performance", "roc_auc", 0.61, 0.66, "", ""))
    '7.6 % below its limit'
    >>> how_bad(Finding("suite", "income", None, None, "", "", fault=True))
    'a fault in the data'
    >>> how_bad(Finding("suite", "income", None, None, "", ""))
    'a warning of the suite'
    """
    value, limit = finding.value, finding.limit
    if finding.fault:
        return "a fault in the data"
    if limit is None:
        return "a warning of the suite" if finding.kind == "suite" else "to be looked at"
    if value is None:
        return "not measurable"
    if finding.is_drift and limit:
        return f"{figure(float(f'{value / limit:.2g}'))} times its limit"
    away = percent(round(abs(value - limit) / abs(limit), 3)) if limit else figure(abs(value))
    return f"{away} {'below' if value < limit else 'above'} its limit"
