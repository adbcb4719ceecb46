"""On real data the intervals are those of a bootstrap that draws the rows one resample after another."""

from pathlib import Path

import numpy as np
import pytest

from airlock.evaluation.bootstrap import intervals, resampled
from airlock.evaluation.metrics import compute
from airlock.package.labels import label_of, truth_of
from airlock.spec import load_model
from airlock.spec.decision import Costs
from airlock.training.candidate import fit
from airlock.training.split import split
from tests.real_models.test_published_figures import rows

SEED = 7
COSTS = Costs(false_positive=1, false_negative=5)


@pytest.mark.parametrize(
    ("model", "resamples"), [("german_credit", 1000), ("bank_marketing", 150), ("bike_demand", 300)]
)
def test_intervals_equal_a_reference_bootstrap(
    model: str, resamples: int, real_include: Path, tmp_path: Path
) -> None:
    spec = load_model(real_include, model)
    name = next(iter(spec.training.candidates))
    table = rows(spec, real_include / "models", tmp_path)
    parts = split(table, spec)
    fitted = fit(spec, name, table.take(parts.train), models=real_include / "models")
    holdout = table.take(parts.holdout)
    truth, answers = truth_of(holdout, spec.data.target, spec.task), fitted.answer(holdout)
    positive = None if spec.data.positive is None else label_of(spec.data.positive)
    asked = {
        "classes": fitted.signature.classes,
        "positive": positive,
        "costs": COSTS if positive else None,
    }
    draw, figures = np.random.default_rng(SEED), []
    for _ in range(resamples):
        drawn = draw.integers(0, len(truth), len(truth))
        figures.append(compute(spec.task, truth[drawn], answers.take(drawn), **asked))
    slowly = {metric: np.array([one[metric] for one in figures]) for metric in figures[0]}
    found = resampled(spec.task, truth, answers, seed=SEED, **asked)
    assert found.keys() == slowly.keys()
    for metric, values in slowly.items():
        np.testing.assert_allclose(found[metric][:resamples], values, rtol=0, atol=1e-9, err_msg=metric)
    first = intervals({metric: values[:resamples] for metric, values in found.items()})
    for metric, ends in intervals(slowly).items():
        assert first[metric] == pytest.approx(ends, rel=0, abs=1e-9)
