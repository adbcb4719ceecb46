"""The models on real data are admitted by the project's own policies."""

from pathlib import Path

import pytest

from airlock.chain.admission import admit
from airlock.spec import load_model


@pytest.mark.parametrize("model", ["bank_marketing", "german_credit", "bike_demand"])
def test_a_model_on_real_data_is_admitted(real_include: Path, model: str) -> None:
    spec = load_model(real_include, model)
    said = admit(spec, include=real_include).to_json()
    assert (said["impact"] is None) == (spec.risk_tier == "minimal")
    assert (said["catalogue"] is None) == (spec.risk_tier != "high")
