"""The true risk law: the probability of default given what the lender can know of an application.

A logistic function of documented terms. It bends (saturation, thresholds, a U in age) and has interactions,
so that boosted trees beat a straight logistic regression a little. Sex and region have no part in it.
"""

import numpy as np
import pandas as pd
from scipy.special import expit

from airlock.samples.credit.chance import Floats
from airlock.samples.credit.people import TYPICAL_INCOME

INTERCEPT = -3.15
INCOME = 1.2
DEBT = 1.4
TYPICAL_DEBT = 0.35
STRAIN, BEARABLE_INSTALMENT = 5.0, 0.15
EMPLOYMENT, SETTLED_YEARS, TYPICAL_SETTLING = 0.9, 8.0, 0.7
FIRST_DEFAULT, FURTHER_DEFAULT = 1.1, 0.35
OPEN_LOANS, BEARABLE_LOANS = 0.35, 2
YOUNG, OLD = 0.55, 0.3
UNSETTLED_DEFAULTER = 0.9
YOUNG_TENANT = 0.6
PURPOSE = {
    "business": 0.55,
    "car": -0.2,
    "debt_consolidation": 0.4,
    "education": 0.0,
    "home_improvement": -0.35,
    "household": 0.05,
    "medical": 0.1,
    "travel": 0.15,
}
HOUSING = {"family": 0.1, "mortgage": -0.25, "own": -0.5, "rent": 0.25}
CHANNEL = {"branch": -0.15, "partner": 0.3, "web": 0.0}


def default_probability(
    rows: pd.DataFrame,
    income_protection: Floats | float = 1.0,
    employment_protection: Floats | float = 1.0,
    debt_burden: Floats | float = 1.0,
    ring: Floats | float = 0.0,
) -> Floats:
    """Give the true probability of default of each application.

    Parameters
    ----------
    rows : DataFrame
        One application a row: amount (EUR), term_months, purpose, income (EUR a month, as it truly is),
        employment_years, housing, existing_debt (EUR), open_loans, previous_defaults, channel, age (years).
    income_protection, employment_protection, debt_burden : array or float
        Factors on the terms that concept drift turns; 1 in the calm world.
    ring : array or float
        Log-odds that a fraud ring adds for tenants who come through a partner; 0 in the calm world.

    Returns
    -------
    array
        Probabilities, one per row.

    Notes
    -----
    The log-odds are the sum of:

    - income: ``-INCOME * log(income / 2400)``, so doubling it takes 0.83 off;
    - debt: ``DEBT * (tanh(d) - TYPICAL_DEBT)`` with d the years of income owed, old and new: it saturates;
    - strain: ``STRAIN`` per unit the instalment's share of income exceeds ``BEARABLE_INSTALMENT``, up to 0.3;
    - employment: ``-EMPLOYMENT`` spread over the first ``SETTLED_YEARS`` years, nothing after;
      like debt it is centred, so that another weight turns the law more than it lifts it;
    - previous defaults: much for the first, little for each further one;
    - open loans: ``OPEN_LOANS`` for each beyond ``BEARABLE_LOANS``;
    - age: ``YOUNG`` below 25, ``OLD`` from 65;
    - interactions: a defaulter within the first two years of a job, and a tenant below 30;
    - purpose, housing and channel by their tables;
    - a fraud ring, where one is at work: ``ring`` for a tenant who comes through a partner.
    """
    income, age = rows["income"].to_numpy(), rows["age"].to_numpy()
    employment, defaults = rows["employment_years"].to_numpy(), rows["previous_defaults"].to_numpy()
    years_owed = (rows["existing_debt"] + rows["amount"]).to_numpy() / (12 * income)
    instalment_share = (rows["amount"] / rows["term_months"]).to_numpy() / income
    log_odds = (
        INTERCEPT
        - INCOME * income_protection * np.log(income / TYPICAL_INCOME)
        + DEBT * debt_burden * (np.tanh(years_owed) - TYPICAL_DEBT)
        + STRAIN * np.clip(instalment_share - BEARABLE_INSTALMENT, 0, 0.3)
        - EMPLOYMENT * employment_protection * (np.minimum(employment / SETTLED_YEARS, 1) - TYPICAL_SETTLING)
        + FIRST_DEFAULT * (defaults > 0)
        + FURTHER_DEFAULT * np.maximum(defaults - 1, 0)
        + OPEN_LOANS * np.maximum(rows["open_loans"].to_numpy() - BEARABLE_LOANS, 0)
        + YOUNG * (age < 25)
        + OLD * (age >= 65)
        + UNSETTLED_DEFAULTER * ((defaults > 0) & (employment < 2))
        + YOUNG_TENANT * ((age < 30) & (rows["housing"] == "rent").to_numpy())
        + rows["purpose"].map(PURPOSE).to_numpy()
        + rows["housing"].map(HOUSING).to_numpy()
        + rows["channel"].map(CHANNEL).to_numpy()
        + ring * ((rows["channel"] == "partner") & (rows["housing"] == "rent")).to_numpy()
    )
    return expit(log_odds)
