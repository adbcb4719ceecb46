"""What can happen to the credit world: each scenario bends the calm day's regime in its own way.

To plant something new, give `Regime` a field whose default leaves the world calm, read it where the world
is drawn, and add one function to `SCENARIOS`.
"""

from collections.abc import Callable, Mapping
from dataclasses import dataclass, replace
from datetime import date
from types import MappingProxyType


@dataclass(frozen=True)
class Regime:
    """The settings one day is drawn under; the defaults are a calm day's.

    Parameters
    ----------
    volume : float
        Factor on the number of applications.
    youth : float
        Log-weight a customer gains, when applicants are picked, per ten years below forty.
    poverty : float
        Log-weight a customer gains per unit of log income below the typical one.
    web : float
        Log-odds added to the web channel.
    rush : float
        Log-odds added to the seasonal purposes (household, travel).
    amount : float
        Factor on the amount asked for.
    income_protection : float
        Factor on the protection income gives in the risk law.
    employment_protection : float
        Factor on the protection a long employment gives in the risk law.
    debt_burden : float
        Factor on the harm debt does in the risk law.
    income_in_cents : float
        Share of the applications whose income is stored in cents.
    jobless_partner : float
        Share of the partner's applications whose years of employment are stored as 0.
    defaulters : float
        Share of the places in the queue that those who will default crowd into.
    web_by_sex : float
        Log-odds added to the web channel for women, and taken from it for men.
    ring : float
        Log-odds of default added for tenants who come through a partner.
    prejudice : float
        Share of the women's loans without a default that are recorded as defaulted all the same.
    """

    volume: float = 1.0
    youth: float = 0.0
    poverty: float = 0.0
    web: float = 0.0
    rush: float = 0.0
    amount: float = 1.0
    income_protection: float = 1.0
    employment_protection: float = 1.0
    debt_burden: float = 1.0
    income_in_cents: float = 0.0
    jobless_partner: float = 0.0
    defaulters: float = 0.0
    web_by_sex: float = 0.0
    ring: float = 0.0
    prejudice: float = 0.0


Scenario = Callable[[Regime, date, float], Regime]
"""Bend a regime, for one day, by a strength in (0, 1]."""

SEASON_STARTS, SEASON_ENDS = (11, 24), (12, 24)


def calm(regime: Regime, day: date, strength: float) -> Regime:
    """Change nothing."""
    return regime


def feed_fault(regime: Regime, day: date, strength: float) -> Regime:
    """Store income in cents, in a share `strength` of the applications; people and outcomes are untouched."""
    return replace(regime, income_in_cents=strength)


def bad_source(regime: Regime, day: date, strength: float) -> Regime:
    """Store 0 years of employment in a share `strength` of what the partner's feed delivers.

    People, outcomes and what the other channels deliver are untouched.
    """
    return replace(regime, jobless_partner=strength)


def season(regime: Regime, day: date, strength: float) -> Regime:
    """Bring more and smaller loans for household and travel, each year from 24 November to 24 December.

    The people and the risk law stay the same.
    """
    if not SEASON_STARTS <= (day.month, day.day) <= SEASON_ENDS:
        return regime
    return replace(
        regime,
        volume=regime.volume * (1 + 0.8 * strength),
        rush=regime.rush + 1.5 * strength,
        amount=regime.amount * (1 - 0.35 * strength),
    )


def covariate_shift(regime: Regime, day: date, strength: float) -> Regime:
    """Let a younger and poorer part of the customers apply, more of them by web, under the same risk law."""
    return replace(
        regime,
        youth=regime.youth + 0.9 * strength,
        poverty=regime.poverty + 1.5 * strength,
        web=regime.web + 1.2 * strength,
    )


def label_shift(regime: Regime, day: date, strength: float) -> Regime:
    """Let more of those who will default apply: they crowd into up to six tenths of the places.

    What the applications of those who default look like stays the same, and so it does for the others.
    """
    return replace(regime, defaulters=0.6 * strength)


def concept_drift(regime: Regime, day: date, strength: float) -> Regime:
    """Let income and a long job protect no more (well-paid, settled trades are hit) and debt hurt more.

    Who applies, and for what, stays the same.
    """
    return replace(
        regime,
        income_protection=regime.income_protection * (1 - 1.3 * strength),
        employment_protection=regime.employment_protection * (1 - 1.6 * strength),
        debt_burden=regime.debt_burden * (1 + 0.8 * strength),
    )


def biased_label(regime: Regime, day: date, strength: float) -> Regime:
    """Let a clerk record a quarter of the women's loans that were paid back as defaulted.

    People, applications and the true probability of default stay the same: only what is recorded lies.
    """
    return replace(regime, prejudice=0.25 * strength)


def proxy_column(regime: Regime, day: date, strength: float) -> Regime:
    """Let nearly all women and few men apply by web, so that the channel gives the sex away.

    The web's share of all applications and the risk law stay the same.
    """
    return replace(regime, web_by_sex=2.5 * strength)


def fraud_ring(regime: Regime, day: date, strength: float) -> Regime:
    """Let tenants who come through a partner default far more often, whoever they are.

    Who applies, and for what, stays the same. A model of the days before cannot know it.
    """
    return replace(regime, ring=2.5 * strength)


SCENARIOS: Mapping[str, Scenario] = MappingProxyType(
    {
        scenario.__name__: scenario
        for scenario in (
            calm,
            feed_fault,
            bad_source,
            season,
            covariate_shift,
            label_shift,
            concept_drift,
            biased_label,
            proxy_column,
            fraud_ring,
        )
    }
)
