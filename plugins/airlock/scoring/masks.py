"""Trees as masks: what an ONNX tree ensemble says of many rows, several times as fast.

Walking a tree costs a jump at each node, which a processor often guesses wrong. Here nothing jumps: a row's
leaf is the first that no condition excludes, so each condition that a row does not meet takes the leaves
where it holds out of a mask, for many rows at once (QuickScorer: Lucchese et al., SIGIR 2015).
"""

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any

import numba
import numpy as np
import onnx
from onnx import TensorProto, helper

#: So many leaves fit into a mask, and so many rows of all features into a core's own memory.
LEAVES, BLOCK = 32, 128
ALL = np.uint32(0xFFFFFFFF)
#: The place of a mask's lowest bit, by the upper five bits of that bit times `DE_BRUIJN`.
DE_BRUIJN = np.uint32(0x077CB531)
PLACES = np.argsort([(int(DE_BRUIJN) << place & int(ALL)) >> 27 for place in range(LEAVES)]).astype(np.int32)


class NoMasks(Exception):
    """A model is no binary boosting of trees that are small enough."""


@dataclass(frozen=True)
class Masks:
    """The trees of a binary model.

    Attributes
    ----------
    features, thresholds, masks
        By condition, which holds where the feature is at most the threshold: its column, the threshold, and
        the leaves that are left where it does not hold.
    first
        By tree, the place of its first condition; one more for the end.
    leaves
        float32, trees by `LEAVES`.
    base
        What is added to the sum of the leaves.
    low
        The features that some condition holds for where they are missing; such conditions look at a copy of
        them, in which missing is lowest. The copies come before all features.
    """

    features: np.ndarray
    thresholds: np.ndarray
    masks: np.ndarray
    first: np.ndarray
    leaves: np.ndarray
    base: np.float32
    low: np.ndarray

    def probabilities(self, rows: np.ndarray) -> np.ndarray:
        """Return what the trees say, float32, rows by (no, yes).

        Parameters
        ----------
        rows
            float32, rows by features; missing is NaN.
        """
        blocks = -(-len(rows) // BLOCK)
        padded = np.zeros((blocks * BLOCK, rows.shape[1]), np.float32)
        padded[: len(rows)] = rows
        low = padded[:, self.low]
        low[np.isnan(low)] = -np.inf
        together = np.concatenate([low, padded], axis=1).reshape(blocks, BLOCK, -1).transpose(0, 2, 1)
        sums: np.ndarray = np.empty(len(padded), np.float32)
        _sum(
            np.ascontiguousarray(together),
            self.features,
            self.thresholds,
            self.masks,
            self.first,
            self.leaves,
            sums,
        )
        sums = sums[: len(rows)] + self.base
        likely = 1 / (1 + np.exp(-np.abs(sums)))  # as onnxruntime computes it, so that scores are the same
        yes = np.where(sums < 0, 1 - likely, likely)
        return np.stack([1 - yes, yes], axis=1)


def masks_of(model: onnx.ModelProto) -> tuple[Masks, onnx.ModelProto]:
    """Return the trees of a model, and the model of what comes before them.

    Raises
    ------
    NoMasks
        When they are not of the kind that this can do.
    """
    trees = [node for node in model.graph.node if node.op_type == "TreeEnsembleClassifier"]
    if len(trees) != 1 or model.graph.output[-1].name != trees[0].output[1]:
        raise NoMasks("the answer is not that of one tree ensemble")
    (node,) = trees
    given = {one.name: helper.get_attribute_value(one) for one in node.attribute}
    binary = len(given.get("classlabels_strings") or given["classlabels_int64s"]) == 2
    boosted = given.get("post_transform") == b"LOGISTIC" and len(set(given["class_ids"])) == 1
    if not (binary and boosted and set(given["nodes_modes"]) <= {b"BRANCH_LEQ", b"LEAF"}):
        raise NoMasks("the trees are not a binary boosting")
    before = onnx.ModelProto()
    before.CopyFrom(model)
    before.graph.node.remove(node)
    del before.graph.output[:]
    before.graph.output.append(helper.make_tensor_value_info(node.input[0], TensorProto.FLOAT, None))
    return _masks(given), before


def _masks(given: Mapping[str, Any]) -> Masks:
    votes = zip(given["class_treeids"], given["class_nodeids"], given["class_weights"], strict=True)
    weights = {(tree, node): weight for tree, node, weight in votes}
    of_trees, features = np.array(given["nodes_treeids"]), np.array(given["nodes_featureids"])
    trees, sizes = np.unique(of_trees, return_counts=True)
    if sizes.max() > 2 * LEAVES - 1:
        raise NoMasks(f"a tree has {sizes.max()} nodes")
    missing = np.array(given.get("nodes_missing_value_tracks_true") or np.zeros(len(of_trees)), dtype=bool)
    low = np.unique(features[missing])
    columns = np.where(missing, np.searchsorted(low, features), features + len(low))
    conditions: list[tuple[int, int]] = []
    first = [0]
    leaves: np.ndarray = np.zeros((len(trees), LEAVES), np.float32)
    for place, tree in enumerate(trees.tolist()):
        indices = {
            given["nodes_nodeids"][index]: index for index in np.flatnonzero(of_trees == tree).tolist()
        }
        found, own = _below(given, indices, 0, 0)
        leaves[place, : len(found)] = [weights[tree, node] for node in found]
        conditions += own
        first.append(len(conditions))
    index = [index for index, _ in conditions]
    return Masks(
        features=columns[index].astype(np.int32),
        thresholds=np.array(given["nodes_values"], np.float32)[index],
        masks=np.array([mask for _, mask in conditions], np.uint32),
        first=np.array(first, np.int64),
        leaves=leaves,
        base=np.float32(sum(given.get("base_values") or [0.0])),
        low=low,
    )


def _below(
    given: Mapping[str, Any], indices: Mapping[int, int], node: int, before: int
) -> tuple[list[int], list[tuple[int, int]]]:
    """Return the leaves below a node in order, so many being before them; and conditions: index and mask."""
    index = indices[node]
    if given["nodes_modes"][index] == b"LEAF":
        return [node], []
    yes, conditions = _below(given, indices, given["nodes_truenodeids"][index], before)
    no, others = _below(given, indices, given["nodes_falsenodeids"][index], before + len(yes))
    held = ((1 << len(yes)) - 1) << before
    return yes + no, [(index, int(ALL) & ~held), *conditions, *others]


@numba.njit(nogil=True)
def _sum(
    blocks: np.ndarray,
    features: np.ndarray,
    thresholds: np.ndarray,
    masks: np.ndarray,
    first: np.ndarray,
    leaves: np.ndarray,
    sums: np.ndarray,
) -> None:
    left: np.ndarray = np.empty(BLOCK, np.uint32)
    for block in range(len(blocks)):
        rows, total = blocks[block], sums[block * BLOCK : (block + 1) * BLOCK]
        total[:] = 0
        for tree in range(len(leaves)):
            left[:] = ALL
            for one in range(first[tree], first[tree + 1]):
                feature, threshold, mask = features[one], thresholds[one], masks[one]
                for row in range(BLOCK):
                    left[row] &= ALL if rows[feature, row] <= threshold else mask
            for row in range(BLOCK):
                lowest = left[row] & (~left[row] + np.uint32(1))
                total[row] += leaves[tree, PLACES[((lowest * DE_BRUIJN) & ALL) >> np.uint32(27)]]
