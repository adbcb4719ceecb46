"""UCI Bank Marketing: calls of a Portuguese bank, in the order they were made, May 2008 to November 2010."""

import os
from datetime import datetime
from pathlib import Path

import numpy as np
import pandas as pd

ROOT = Path(__file__).resolve().parents[4]
FILE = "bank_marketing/bank-additional-full.csv"
FIRST_YEAR = 2008
MONTHS = ("jan", "feb", "mar", "apr", "may", "jun", "jul", "aug", "sep", "oct", "nov", "dec")


def load(*, start: datetime | None, end: datetime | None, as_of: datetime) -> pd.DataFrame:
    """Return one row a call; whoever asks for a window gets every row and keeps its own."""
    folder = Path(os.environ.get("AIRLOCK_REAL_DATA", ROOT.parent / "shared" / "data"))
    frame = pd.read_csv(folder / FILE, sep=";").rename(columns=lambda name: name.replace(".", "_"))
    frame.insert(0, "contact_id", [f"C-{number:05d}" for number in range(1, len(frame) + 1)])
    return frame.assign(contacted_at=moments(frame["month"]), subscribed=frame.pop("y") == "yes")


def moments(names: pd.Series) -> pd.Series:
    """Return when each call was made: the file names months without years, but keeps the order of time.

    A month that comes before the last one starts a new year. The day is not in the file: the calls of a month
    are spread evenly over it, in their order.
    """
    month = names.map({name: number for number, name in enumerate(MONTHS)}).to_numpy()
    year = FIRST_YEAR + np.concatenate([[0], np.cumsum(np.diff(month) < 0)])
    first = ((year - 1970) * 12 + month).astype("datetime64[M]")
    block = pd.Series(first)
    place = block.groupby(first).cumcount() / block.groupby(first).transform("size")
    length = (first + 1).astype("datetime64[s]") - first.astype("datetime64[s]")
    seconds = (place.to_numpy() * length.astype("int64")).astype("int64").astype("timedelta64[s]")
    return pd.Series(first.astype("datetime64[s]") + seconds, index=names.index).dt.tz_localize("UTC")
