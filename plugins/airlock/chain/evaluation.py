"""Evaluating what a run has trained, beside the champion, on the rows that were held out."""

from collections.abc import Mapping, Sequence
from typing import Any

from airlock.data.snapshot import open_snapshot
from airlock.evaluation.evaluation import evaluate
from airlock.evaluation.figures import to_json
from airlock.package.package import open_package
from airlock.spec import ModelSpec
from airlock.store import Store
from airlock.training.split import split
from airlock.training.tracking import note_holdout

EVALUATIONS = "evaluations"


def evaluate_candidates(
    spec: ModelSpec,
    snapshot: str,
    made: Sequence[Mapping[str, Any]],
    *,
    champion_package: str | None,
    store: Store,
) -> dict[str, Any]:
    """Measure every candidate and the champion on the snapshot's hold-out, and keep the evaluation.

    Parameters
    ----------
    made
        What `airlock.chain.training.make_candidate` returned for each candidate.

    Returns
    -------
    dict
        The digest it is kept under, and of the best candidate the name and the metrics.
    """
    table = open_snapshot(store, snapshot).table()
    evaluation = evaluate(
        spec,
        table.take(split(table, spec).holdout),
        candidates={one["candidate"]: open_package(store, one["package"]) for one in made},
        cross_validation={one["candidate"]: one["cross_validation"] for one in made},
        champion=open_package(store, champion_package) if champion_package else None,
    )
    runs = {one["candidate"]: one["mlflow_run_id"] for one in made}
    for result in evaluation.results:
        note_holdout(runs[result.name], result.metrics)
    return {
        "evaluation": store.keep_json(EVALUATIONS, evaluation.to_json()),
        "best": evaluation.best,
        "rows": evaluation.rows,
        "metrics": to_json(dict(evaluation.metrics)),
    }
