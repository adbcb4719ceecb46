"""UCI Statlog German Credit: a thousand credits, seven hundred good and three hundred bad."""

import os
from datetime import datetime
from pathlib import Path

import pandas as pd

ROOT = Path(__file__).resolve().parents[4]
CLASSES = {1: "good", 2: "bad"}


def load(*, start: datetime | None, end: datetime | None, as_of: datetime) -> pd.DataFrame:
    """Return one row an applicant, named by columns.csv as the data file has no header."""
    folder = Path(os.environ.get("AIRLOCK_REAL_DATA", ROOT.parent / "shared" / "data")) / "german_credit"
    names = pd.read_csv(folder / "columns.csv")["column"].tolist()
    frame = pd.read_csv(folder / "german.data", sep=" ", header=None, names=names)
    frame.insert(0, "applicant_id", [f"G-{number:04d}" for number in range(1, len(frame) + 1)])
    return frame.assign(credit_risk=frame["credit_risk"].map(CLASSES))
