"""Days as numbers and back: the world counts days as `date.toordinal` does."""

from datetime import date

import numpy as np
import pandas as pd
from numpy.typing import NDArray

from airlock.samples.credit.chance import Integers

SECONDS_PER_DAY = 86_400
EPOCH = date(1970, 1, 1).toordinal()


def midnights(days: Integers) -> NDArray[np.datetime64]:
    """Give the first second of each day, in UTC.

    >>> midnights(np.array([date(2026, 3, 1).toordinal()]))
    array(['2026-03-01T00:00:00'], dtype='datetime64[s]')
    """
    return (days - EPOCH).astype("datetime64[D]").astype("datetime64[s]")


def whole_years(born: Integers, day: Integers) -> Integers:
    """Count the birthdays a person born on one day has had by another.

    >>> days = [date(2000, 3, 2), date(2026, 3, 1), date(2026, 3, 2)]
    >>> born, eve, birthday = (np.array([day.toordinal()]) for day in days)
    >>> int(whole_years(born, eve)[0]), int(whole_years(born, birthday)[0])
    (25, 26)
    """
    births, days = pd.DatetimeIndex(midnights(born)), pd.DatetimeIndex(midnights(day))
    before_birthday = births.month * 100 + births.day > days.month * 100 + days.day
    return np.asarray(days.year - births.year - before_birthday, dtype=np.int64)
