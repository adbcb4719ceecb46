"""Examining the chosen candidate in depth, on the rows that were held out."""

from typing import TYPE_CHECKING, Any

from airlock.chain.change import change_of
from airlock.data.snapshot import open_snapshot
from airlock.evaluation.comparable import problem_of
from airlock.evaluation.figures import to_json
from airlock.examination.explanation.explanation import explain
from airlock.examination.fairness.fairness import measure
from airlock.examination.fairness.proxies import find_proxies
from airlock.examination.subject import Subject
from airlock.examination.weakness.exposure import Exposure, measure_exposure, unknown
from airlock.examination.weakness.latency import measure_latency
from airlock.examination.weakness.robustness import measure_robustness
from airlock.examination.weakness.slices import find_slices
from airlock.monitoring import drift
from airlock.package.origin import EXTERNAL
from airlock.package.package import Package, open_package
from airlock.package.predictor import Predictor
from airlock.spec import ModelSpec
from airlock.store import Store
from airlock.training.split import split

if TYPE_CHECKING:
    import pyarrow as pa

EXAMINATIONS = "examinations"


def examine(
    spec: ModelSpec, snapshot: str, package: str, *, champion_package: str | None, store: Store
) -> str:
    """Examine a candidate, keep what was found, and return the digest it is kept under.

    Parameters
    ----------
    snapshot, package
        The digests of the rows it was trained on and of the candidate itself.
    champion_package
        The digest of what serves: the new data are held against those that it was trained on, and its
        answers against the candidate's.
    """
    table = open_snapshot(store, snapshot).table()
    parts = split(table, spec)
    train, holdout = table.take(parts.train), table.take(parts.holdout)
    candidate = open_package(store, package)
    subject = Subject.of(spec, candidate, holdout)
    champion = open_package(store, champion_package) if champion_package else None
    return store.keep_json(
        EXAMINATIONS,
        {
            "package": package,
            "fairness": measure(subject).to_json(),
            "proxies": find_proxies(subject).to_json(),
            "slices": find_slices(subject).to_json(),
            "robustness": measure_robustness(subject).to_json(),
            "exposure": _exposure(subject, candidate, train).to_json(),
            "latency": measure_latency(subject).to_json(),
            "explanation": explain(subject, train).to_json(),
            "portable": candidate.portable(),
            **_beside(champion, subject),
        },
    )


def _exposure(subject: Subject, candidate: Package, train: "pa.Table") -> Exposure:
    if candidate.provenance.get(EXTERNAL):
        return unknown("nobody knows what it was trained on.")
    return measure_exposure(subject, train)


def _beside(champion: Package | None, subject: Subject) -> dict[str, Any]:
    """Return what the champion says of the same rows: how its data have drifted, which answers change.

    Both are None without a champion, and where it cannot be measured on these rows.
    """
    rows = subject.rows
    if champion is None or problem_of(subject.spec, champion, rows):
        return {"data_drift": None, "change": None}
    predictor = Predictor.load(champion)
    answers = predictor.predict_table(rows)
    columns = drift.measure(champion.profile(), [drift.answered(rows, answers)])
    return {
        "data_drift": to_json([{"column": one.column, "psi": one.psi} for one in columns]),
        "change": change_of(subject, predictor, answers),
    }
