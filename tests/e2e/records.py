"""What an installation has on record, read past its own code: the airlock database and MLflow."""

from dataclasses import dataclass
from typing import Any

import httpx
import sqlalchemy as sa

from tests.e2e.running_stack import RunningStack


@dataclass(frozen=True)
class Records:
    """The tables of the airlock database, and what MLflow says."""

    engine: sa.Engine
    mlflow_url: str

    @classmethod
    def of(cls, stack: RunningStack) -> "Records":
        """Return the records of a running stack."""
        return cls(
            sa.create_engine(stack.database_url("airlock_reader"), poolclass=sa.NullPool),
            stack.settings.mlflow_url,
        )

    def rows(self, table: sa.Table, **equal: Any) -> list[dict[str, Any]]:
        """Return the rows of a table whose columns have the given values, in the order of its key."""
        query = sa.select(table).where(*(table.c[name] == value for name, value in equal.items()))
        with self.engine.connect() as connection:
            found = connection.execute(query.order_by(*table.primary_key.columns)).mappings()
            return [dict(row) for row in found]

    def mlflow_versions(self, model: str) -> list[dict[str, Any]]:
        """Return the versions of a registered model, each with its tags by name."""
        found = self._mlflow("GET", "model-versions/search", params={"filter": f"name = '{model}'"})
        return [{**version, "tags": _tags(version)} for version in found.get("model_versions", [])]

    def mlflow_runs(self, model: str) -> list[dict[str, str]]:
        """Return the tags of each training that MLflow has tracked for a model."""
        experiment = self._mlflow("GET", "experiments/get-by-name", params={"experiment_name": model})
        body = {"experiment_ids": [experiment["experiment"]["experiment_id"]]}
        found = self._mlflow("POST", "runs/search", json=body).get("runs", [])
        return [_tags(run["data"]) for run in found]

    def _mlflow(self, method: str, path: str, **request: Any) -> Any:
        url = f"{self.mlflow_url}/api/2.0/mlflow/{path}"
        return httpx.request(method, url, trust_env=False, **request).raise_for_status().json()


def _tags(holder: dict[str, Any]) -> dict[str, str]:
    return {tag["key"]: tag["value"] for tag in holder.get("tags", [])}
