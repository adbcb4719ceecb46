"""The breast cancer data that ship with scikit-learn: 569 biopsies, thirty measures of their nuclei."""

import pandas as pd
from sklearn.datasets import load_breast_cancer


def load(*, start: None, end: None, as_of: object) -> pd.DataFrame:
    """Return one row a biopsy; the data carry no dates, so the window is open and `as_of` changes nothing."""
    bunch = load_breast_cancer(as_frame=True)
    frame = bunch.data.rename(columns=lambda name: name.replace(" ", "_"))
    frame.insert(0, "biopsy_id", [f"B-{number:04d}" for number in range(1, len(frame) + 1)])
    frame["diagnosis"] = bunch.target.map(
        {number: str(name) for number, name in enumerate(bunch.target_names)}
    )
    return frame
