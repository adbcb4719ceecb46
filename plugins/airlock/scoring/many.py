"""Many rows: a model in the form that answers them quickest, once that is proved to be the same model."""

from dataclasses import dataclass
from typing import TYPE_CHECKING

import numpy as np

from airlock.package.answers import Answering
from airlock.package.examples import LARGEST_DIFFERENCE, largest_difference
from airlock.package.frame import columns_of
from airlock.package.package import PREDICTION, SCORE, Package
from airlock.package.scorer import Scorer

if TYPE_CHECKING:
    from airlock.scoring.masks import Masks


@dataclass(frozen=True)
class MaskedScorer(Scorer):
    """A portable form whose trees are masks; what comes before them is still ONNX.

    Rows whose score lies so near the threshold that rounding could decide are answered by `whole`, so that
    nobody gets another decision here than from the API.
    """

    masks: "Masks"
    whole: Scorer

    def _run(self, feed: dict[str, np.ndarray]) -> np.ndarray:
        said = self.masks.probabilities(super()._run(feed))
        yes = self.signature.classes.index(str(self.signature.positive))
        near = np.abs(said[:, yes] - self.signature.threshold) <= LARGEST_DIFFERENCE
        if near.any():
            said[near] = self.whole._run({name: values[near] for name, values in feed.items()})
        return said


def for_many_rows(answering: Answering, package: Package) -> Answering:
    """Return a package's trees as masks where they can be, else what answers already.

    On every reference row the masks must decide as the original did, and no score may differ by more than a
    portable form's may.
    """
    if not isinstance(answering, Scorer):
        return answering
    import onnx

    from airlock.scoring.masks import NoMasks, masks_of

    try:
        masks, before = masks_of(onnx.load(package.portable_file))
    except NoMasks:
        return answering
    prepared = Scorer.of(before.SerializeToString(), package.signature)
    masked = MaskedScorer(**vars(prepared), masks=masks, whole=answering)
    return masked if _is_proved(masked, package) else answering


def _is_proved(masked: Scorer, package: Package) -> bool:
    reference = package.reference()
    known = reference[SCORE].to_numpy()
    answers = masked.predict_columns(columns_of(reference, package.signature.kinds))
    alike = bool(np.abs(answers.scores - known).max(initial=0.0) <= largest_difference(known))
    return alike and answers.predictions == reference[PREDICTION].to_pylist()
