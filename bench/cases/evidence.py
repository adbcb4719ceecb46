"""Evidence: from trained candidates to the dossier an approver reads, beside the training itself."""

import os
from datetime import UTC, datetime
from pathlib import Path
from typing import TYPE_CHECKING, NoReturn

from bench.case import Case, Measured, timed
from bench.world import World
from stack.settings import ROOT

if TYPE_CHECKING:
    from airlock.package.package import Package
    from airlock.spec import ModelSpec

REAL = ROOT / "tests" / "real_models"
DATA = Path(os.environ.get("AIRLOCK_REAL_DATA", ROOT.parent / "shared" / "data"))
AS_OF = datetime(2026, 11, 1, tzinfo=UTC)
TRAINING = "training it, search and cross-validation included"


class Training:
    """A model of this checkout, its snapshot taken, in a store of its own."""

    def __init__(self, world: World, model: str, of: Path) -> None:
        from airlock.chain.lineage import Lineage
        from airlock.data.snapshot import take_snapshot
        from airlock.spec import load_model
        from airlock.store import Store

        self.include = world.folder / f"include-{model}"
        if not self.include.is_dir():
            self.include.mkdir()
            own, shared = ("models", "catalogue"), ("policies", "people.yaml")
            for name in (*own, *shared):
                (self.include / name).symlink_to((of if name in own else ROOT / "include") / name)
        self.spec: ModelSpec = load_model(self.include, model)
        self.store: Store = Store(world.folder / f"store-{model}")
        snapshot = take_snapshot(
            self.spec,
            as_of=AS_OF,
            store=self.store,
            models=self.include / "models",
            connect=_no_connection,
            code_version="bench",
        )
        self.lineage: Lineage = Lineage("bench", "bench", "bench", AS_OF, snapshot.digest, "bench")

    def candidates(self) -> "dict[str, Package]":
        """Train every candidate of the spec."""
        from airlock.chain.training import make_package

        return {
            name: make_package(
                self.spec,
                name,
                self.lineage.snapshot,
                code_version="bench",
                store=self.store,
                models=self.include / "models",
            )[1]
            for name in self.spec.training.candidates
        }

    def dossier(self, candidates: "dict[str, Package]") -> str:
        """Evaluate, examine, judge and write the dossier; return its digest."""
        from airlock.chain.admission import ADMISSIONS, admit
        from airlock.chain.evaluation import EVALUATIONS
        from airlock.chain.examination import examine
        from airlock.chain.gate import Found, gate
        from airlock.chain.inspection import INSPECTIONS
        from airlock.chain.validation import QUARANTINES, VALIDATIONS
        from airlock.data.snapshot import open_snapshot
        from airlock.evaluation.evaluation import evaluate
        from airlock.training.split import split

        spec, store, snapshot = self.spec, self.store, self.lineage.snapshot
        table = open_snapshot(store, snapshot).table()
        metric = {spec.training.select_by: {"mean": 0.5, "std": 0.0}}
        evaluation = evaluate(
            spec,
            table.take(split(table, spec).holdout),
            candidates=candidates,
            cross_validation=dict.fromkeys(candidates, metric),
            champion=next(iter(candidates.values())),
        )
        chosen = evaluation.chosen.package
        lists = dict.fromkeys(("checks", "columns", "groups", "findings"), ())
        inspection = {**lists, "rows": len(table), "classes": {}}
        held = {"held": 0, "released": 0, "dropped": 0, "share": 0.0, "allowed": 0.0, "reasons": []}
        suite = {"suite": spec.name, "success": True, "checks": []}
        ruling = gate(
            spec,
            self.lineage,
            Found(
                admission=store.keep_json(ADMISSIONS, admit(spec, include=self.include).to_json()),
                validation=store.keep_json(VALIDATIONS, suite),
                quarantine=store.keep_json(QUARANTINES, held),
                inspection=store.keep_json(INSPECTIONS, inspection),
                evaluation=store.keep_json(EVALUATIONS, evaluation.to_json()),
                examination=examine(spec, snapshot, chosen, champion_package=chosen, store=store),
            ),
            made=[{"candidate": name, "mlflow_run_id": "bench"} for name in candidates],
            champion_version=1,
            store=store,
        )
        return ruling.dossier_digest


def _no_connection(name: str) -> NoReturn:
    raise LookupError(f"The bench has no connection {name}.")


def _case(model: str, of: Path) -> Case:
    def ours(world: World) -> Measured:
        training = Training(world, model, of)
        candidates = training.candidates()
        return timed(lambda: training.dossier(candidates))

    def peer(world: World) -> Measured:
        training = Training(world, model, of)
        return timed(training.candidates)

    return Case(
        name=f"evidence of {model}: evaluate, examine, judge, dossier",
        unit="s",
        ours=ours,
        peers={TRAINING: peer},
        limits={"what it may take": 60.0},
        runs=1,
        peer_runs=1,
    )


CASES = (
    _case("tumour_diagnosis", ROOT / "include"),
    # The real data are not part of the project.
    *([_case("bank_marketing", REAL)] if DATA.is_dir() else []),
)
