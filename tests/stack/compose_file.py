"""docker-compose.yaml as the tests read it."""

import json
import re
from typing import Any

import yaml

from stack.settings import ROOT

FILE = ROOT / "docker-compose.yaml"
TEXT = FILE.read_text(encoding="utf-8")
COMPOSE: dict[str, Any] = yaml.safe_load(TEXT)
SERVICES: dict[str, dict[str, Any]] = COMPOSE["services"]
VARIABLE = re.compile(r"\$\{(\w+)(?:(:[-?])([^}]*))?\}")
#: They do their work once, before the others start.
ONCE = {"airlock-init", "airflow-init", "airflow-logins", "mlflow-logins"}
#: Images of others, pinned to a release.
FOREIGN = {"postgres", "redis", "scoring-proxy", "blackbox", "prometheus", "grafana"}


def knows(variable: str) -> set[str]:
    """Return the services that are handed a variable of .env."""
    return {name for name, service in SERVICES.items() if f"${{{variable}:" in json.dumps(service)}
