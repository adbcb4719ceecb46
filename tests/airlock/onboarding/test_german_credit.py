"""A new user's way with real data: the Statlog German Credit file, which names no columns and no rows."""

import csv
import os
from pathlib import Path

import pytest

from airlock.onboarding.checking import problems_of
from airlock.settings import ROOT
from tests.airlock.onboarding.shop import answer, drafted, own_include, role_of, spec_in

DATA = Path(os.environ.get("AIRLOCK_REAL_DATA", ROOT.parent / "shared" / "data")) / "german_credit"


def test_german_credit_lacks_nothing_but_answers(tmp_path: Path) -> None:
    if not DATA.is_dir():
        pytest.skip(f"the real data are not here: no folder {DATA} (AIRLOCK_REAL_DATA names another)")
    with (DATA / "columns.csv").open(encoding="utf-8") as file:
        names = [row["column"] for row in csv.DictReader(file)]
    include = own_include(tmp_path)
    drafted(include, DATA / "german.data", name="german_credit", target="credit_risk", header=names)
    spec = spec_in(include, "german_credit")
    assert (spec["task"], spec["data"]["positive"], spec["risk_tier"]) == ("binary", "2", "high")
    assert spec["data"]["entity_key"] == "row_number"
    assert role_of(include, "age", "german_credit") == "protected"
    # 37 of the thousand are not; the gates of the tier would refuse every candidate.
    assert role_of(include, "foreign_worker", "german_credit").startswith("TODO: protected or ignored?")
    answer(include, "german_credit")
    assert problems_of(include, "german_credit") == ()
