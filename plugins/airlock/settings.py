"""Where this installation keeps things, read from the environment that the stack sets."""

import os
from dataclasses import dataclass
from pathlib import Path

from airlock.object_storage import WrongAddress, path_of

ROOT = Path(__file__).resolve().parents[2]


class SettingsError(Exception):
    """A setting that is needed is missing."""


@dataclass(frozen=True)
class Settings:
    """The folders and addresses of one installation."""

    include: Path
    store: Path | str
    store_cache: Path
    anchors: Path
    spool: Path
    scoring_url: str
    airflow_url: str
    mlflow_url: str
    dask: str
    drill: bool

    @property
    def models(self) -> Path:
        """The folder that holds one folder for each model."""
        return self.include / "models"

    @property
    def policies(self) -> Path:
        """The folder that holds one policy for each risk tier."""
        return self.include / "policies"

    @property
    def templates(self) -> Path:
        """The folder that holds the templates of mails and pages."""
        return self.include / "templates"


def settings() -> Settings:
    """Read the settings of this process; every one has a default that fits a checkout."""
    home = Path(os.environ.get("AIRLOCK_HOME", ROOT / ".airlock"))
    return Settings(
        include=Path(os.environ.get("AIRLOCK_INCLUDE", ROOT / "include")),
        store=_store(os.environ.get("AIRLOCK_STORE") or str(home / "store")),
        store_cache=Path(os.environ.get("AIRLOCK_STORE_CACHE") or home / "store-cache"),
        anchors=Path(os.environ.get("AIRLOCK_ANCHORS", home / "anchors.jsonl")),
        spool=Path(os.environ.get("AIRLOCK_SPOOL", home / "spool")),
        scoring_url=os.environ.get("AIRLOCK_SCORING_URL", "http://127.0.0.1:8000"),
        airflow_url=os.environ.get("AIRLOCK_AIRFLOW_URL", "http://127.0.0.1:8080"),
        mlflow_url=os.environ.get("MLFLOW_TRACKING_URI", "http://127.0.0.1:5000"),
        dask=os.environ.get("AIRLOCK_DASK", ""),
        drill=os.environ.get("AIRLOCK_DRILL") == "1",
    )


def database_url() -> str:
    """Return the SQLAlchemy URL of the airlock database.

    Raises
    ------
    SettingsError
        When AIRLOCK_DATABASE_URL is not set.
    """
    return _given("AIRLOCK_DATABASE_URL")


def scoring_key() -> str:
    """Return the API key by which Airlock itself asks the scoring API.

    Raises
    ------
    SettingsError
        When AIRLOCK_SCORING_KEY is not set.
    """
    return _given("AIRLOCK_SCORING_KEY")


def scoring_key_fingerprint() -> str:
    """Return the SHA-256 of that key: all that the scoring API knows of it.

    Raises
    ------
    SettingsError
        When AIRLOCK_SCORING_KEY_FINGERPRINT is not set.
    """
    return _given("AIRLOCK_SCORING_KEY_FINGERPRINT")


def _store(given: str) -> Path | str:
    """Return the evidence store: a folder, or the address of a place in an object storage."""
    if "://" not in given:
        return Path(given)
    try:
        path_of(given)
    except WrongAddress as error:
        raise SettingsError(f"AIRLOCK_STORE: {error}") from None
    return given


def _given(name: str) -> str:
    value = os.environ.get(name)
    if not value:
        raise SettingsError(
            f"{name} is not set. `make up` sets it for every service; "
            'in a shell of your own, run eval "$(make env)" first.'
        )
    return value
