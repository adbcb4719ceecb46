"""The explanation of a candidate: what matters, single cases, what would have changed them, effects."""

from dataclasses import dataclass
from typing import Any

import numpy as np
import pyarrow as pa

from airlock.evaluation.figures import to_json
from airlock.examination.explanation.cases import Case, choose, told_cases
from airlock.examination.explanation.counterfactuals import Counterfactual, counterfactuals
from airlock.examination.explanation.effects import Effect, effects
from airlock.examination.explanation.importance import importance
from airlock.examination.explanation.shapley import explainer_for
from airlock.examination.subject import Subject
from airlock.examination.weakness.sample import evenly
from airlock.package.frame import frame

#: Training rows that stand for the average.
BACKGROUND_ROWS = 1000


@dataclass(frozen=True)
class Explanation:
    """Why a candidate answers as it does.

    Attributes
    ----------
    method, unit
        How contributions were found, and what they are counted in.
    rows
        Over how many rows of the hold-out the importance is a mean.
    importance
        Every feature and the mean size of its contributions, the largest first.
    """

    method: str
    unit: str
    rows: int
    importance: tuple[tuple[str, float], ...]
    cases: tuple[Case, ...]
    counterfactuals: tuple[Counterfactual, ...]
    effects: tuple[Effect, ...]

    def to_json(self) -> dict[str, Any]:
        """Return the explanation as JSON."""
        parts = {
            name: [part.to_json() for part in getattr(self, name)]
            for name in ("cases", "counterfactuals", "effects")
        }
        ranked = [{"feature": feature, "value": value} for feature, value in self.importance]
        return to_json(vars(self) | parts | {"importance": ranked})


def explain(subject: Subject, train: pa.Table) -> Explanation:
    """Explain a candidate on its hold-out; the training rows give the average and the effects."""
    spec, predictor = subject.spec, subject.predictor
    kinds = predictor.signature.kinds
    rows = frame(subject.rows, kinds)
    background = frame(train.take(pa.array(evenly(len(train), BACKGROUND_ROWS))), kinds)
    unit = spec.data.columns[spec.data.target].unit or spec.data.target
    explainer = explainer_for(predictor, background, unit=unit, seed=spec.training.seed)
    sample = evenly(len(rows), explainer.most_rows)
    chosen = choose(subject)
    of_cases = explainer.explain(rows.iloc[np.array([one.row for one in chosen])])
    return Explanation(
        method=explainer.method,
        unit=explainer.unit,
        rows=len(sample),
        importance=tuple(importance(explainer.explain(rows.iloc[sample]))),
        cases=told_cases(subject, chosen, rows, of_cases),
        counterfactuals=counterfactuals(subject, chosen, rows),
        effects=effects(spec, train),
    )
