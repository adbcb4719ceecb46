"""Secrets of docker-compose.yaml: `python3 -m stack.compose >> .env` makes those that .env does not hold yet.

It needs nothing but Python, so that it runs where there is Docker and no virtual environment.
"""

import base64
from pathlib import Path
from secrets import token_bytes, token_urlsafe

from stack.secrets import fingerprint_of, new_scoring_key

#: Keys of .env that only docker-compose.yaml reads; the embedded stack makes its own in AIRLOCK_HOME.
ONLY_COMPOSE = (
    "AIRLOCK_COMPOSE_POSTGRES_PASSWORD",
    "AIRLOCK_COMPOSE_AIRFLOW_PASSWORD",
    "AIRLOCK_COMPOSE_MLFLOW_PASSWORD",
    "AIRLOCK_COMPOSE_AIRLOCK_PASSWORD",
    "AIRLOCK_COMPOSE_WAREHOUSE_PASSWORD",
    "AIRLOCK_COMPOSE_AIRLOCK_TASKS_PASSWORD",
    "AIRLOCK_COMPOSE_AIRLOCK_SCORING_PASSWORD",
    "AIRLOCK_COMPOSE_AIRLOCK_READER_PASSWORD",
    "AIRLOCK_COMPOSE_FERNET_KEY",
    "AIRLOCK_COMPOSE_JWT_SECRET",
    "AIRLOCK_COMPOSE_API_SECRET",
    "AIRLOCK_COMPOSE_LOGIN_SECRET",
    "AIRLOCK_COMPOSE_REDIS_PASSWORD",
    "AIRLOCK_COMPOSE_MLFLOW_ADMIN_PASSWORD",
    "AIRLOCK_COMPOSE_MLFLOW_TASKS_PASSWORD",
    "AIRLOCK_COMPOSE_MLFLOW_SECRET",
    "AIRLOCK_COMPOSE_SCORING_KEY",
    "AIRLOCK_COMPOSE_SCORING_KEY_FINGERPRINT",
    "AIRLOCK_COMPOSE_GRAFANA_PASSWORD",
)
#: What .env does not set for the embedded stack: ports, how many copies of a service run, whether drills are
#: held. With their defaults.
COMPOSE_SETTINGS = {
    "AIRLOCK_DRILL": "0",
    "AIRLOCK_GRAFANA_PORT": "3000",
    "AIRLOCK_PROMETHEUS_PORT": "9090",
    "AIRLOCK_SCORING_REPLICAS": "2",
    "AIRLOCK_WORKER_REPLICAS": "2",
}
#: Two that belong together: Airflow's tasks get the key, the scoring API its fingerprint alone.
SCORING_KEY, FINGERPRINT = "AIRLOCK_COMPOSE_SCORING_KEY", "AIRLOCK_COMPOSE_SCORING_KEY_FINGERPRINT"
ENV_FILE = Path(__file__).resolve().parents[1] / ".env"


def missing_lines(env: str) -> list[str]:
    """Return a line with a new secret for each key that has no value in the text of .env."""
    given = [line.partition("=") for line in env.splitlines()]
    known = {key.strip(): value.strip() for key, _, value in given if value.strip()}
    made = {key: _new(key) for key in ONLY_COMPOSE if key not in known}
    if made.keys() & {SCORING_KEY, FINGERPRINT}:
        made[FINGERPRINT] = fingerprint_of({**known, **made}[SCORING_KEY])
    return [f"{key}={value}" for key, value in made.items()]


def _new(key: str) -> str:
    """Return a secret of letters, digits, - and _ only, so that it may stand in an address as it is."""
    if key.endswith("FERNET_KEY"):
        return base64.urlsafe_b64encode(token_bytes(32)).decode()
    if key == SCORING_KEY:
        return new_scoring_key()
    return token_urlsafe(48 if key.endswith("SECRET") else 24)


if __name__ == "__main__":
    print("\n".join(missing_lines(ENV_FILE.read_text(encoding="utf-8") if ENV_FILE.exists() else "")))
