"""A training's last steps, from what it left in the store."""

from typing import Any

from airlock.operators.evaluate import EvaluateOperator
from airlock.operators.gate import GateOperator
from tests.airlock.lender import Trained
from tests.airlock.operators.running import context

OWN = {"model": "loans", "spec_digest": "d" * 64}


def dana_s_run() -> Any:
    """Return the context of the training whose candidate the tests release."""
    return context(run_id="manual__release", user="dana")


def judged(running: Any, trained: Trained) -> tuple[str, dict[str, str]]:
    """Return where the gate goes on to, and the digests of evidence and dossier."""
    found = trained.found
    evaluate = EvaluateOperator(
        task_id="evaluate", snapshot=trained.lineage.snapshot, candidates=trained.made, **OWN
    )
    gate = GateOperator(
        task_id="gate",
        snapshot=trained.lineage.snapshot,
        admission={"digest": found.admission},
        validation={"digest": found.validation, "quarantine": found.quarantine},
        inspection={"digest": found.inspection},
        candidates=trained.made,
        evaluation=evaluate.execute(running),
        examination={"digest": found.examination},
        **OWN,
    )
    branch = gate.choose_branch(running)
    return branch, {name: running["ti"].pushed[name] for name in ("evidence", "dossier")}
