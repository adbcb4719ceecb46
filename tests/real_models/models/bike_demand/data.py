"""UCI Bike Sharing: hourly rentals of Washington's Capital Bikeshare in 2011 and 2012."""

import os
from datetime import datetime
from pathlib import Path

import pandas as pd

ROOT = Path(__file__).resolve().parents[4]
NAMES = {
    "hr": "hour",
    "mnth": "month",
    "weathersit": "weather",
    "temp": "temperature",
    "atemp": "felt_temperature",
    "hum": "humidity",
    "windspeed": "wind_speed",
    "cnt": "rentals",
}


def load(*, start: datetime | None, end: datetime | None, as_of: datetime) -> pd.DataFrame:
    """Return one row an hour, with the moment it begins; the file keeps local time, read here as UTC."""
    folder = Path(os.environ.get("AIRLOCK_REAL_DATA", ROOT.parent / "shared" / "data"))
    frame = pd.read_csv(folder / "bike_sharing" / "hour.csv").rename(columns=NAMES)
    days = pd.to_datetime(frame["dteday"], utc=True)
    return frame.assign(hour_start=days + pd.to_timedelta(frame["hour"], unit="h"))
