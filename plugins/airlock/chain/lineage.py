"""Lineage: which run makes a candidate, from what, for whom and why."""

from dataclasses import dataclass
from datetime import datetime


@dataclass(frozen=True)
class Lineage:
    """Where a candidate comes from."""

    dag_run_id: str
    trained_by: str
    cause: str
    as_of: datetime
    snapshot: str
    code_version: str

    def tags(self, model: str, spec_digest: str) -> dict[str, str]:
        """Return the lineage as MLflow tags."""
        return {
            "airlock.model": model,
            "airlock.dag_run": self.dag_run_id,
            "airlock.trained_by": self.trained_by,
            "airlock.cause": self.cause,
            "airlock.as_of": self.as_of.isoformat(),
            "airlock.snapshot": self.snapshot,
            "airlock.spec": spec_digest,
            "airlock.code_version": self.code_version,
        }
