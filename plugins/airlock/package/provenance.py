"""Provenance: what a model was made from, so that it can be made again."""

import platform
from pathlib import Path
from typing import Any

from airlock.package.fitted import Fitted
from airlock.package.saving import libraries
from airlock.spec import ModelSpec
from airlock.usercode import code_digest


def provenance_of(
    fitted: Fitted, spec: ModelSpec, *, snapshot_digest: str, code_version: str, models: Path
) -> dict[str, Any]:
    """Return where a model comes from: no clock and no run, so that making it again gives the same.

    One that was not trained here says so under `external`.
    """
    candidate = spec.training.candidates.get(fitted.name)
    return {
        "model": spec.name,
        "candidate": fitted.name,
        "estimator": fitted.estimator,
        "preprocessing": candidate.preprocessing if candidate else None,
        "parameters": dict(fitted.parameters),
        "refitted": fitted.refitted,
        "seed": spec.training.seed,
        "split": spec.training.split.model_dump(mode="json"),
        "rows": fitted.rows,
        "trained_until": fitted.trained_until,
        "snapshot_digest": snapshot_digest,
        "spec_digest": spec.digest,
        "code_version": code_version,
        "code_digest": code_digest(models / spec.name),
        "warnings": list(fitted.warnings),
        "libraries": {"python": platform.python_version(), **libraries(fitted)},
        **({"external": fitted.origin.to_json()} if fitted.origin else {}),
    }
