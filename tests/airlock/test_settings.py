"""Settings: from the environment alone, with defaults that fit a checkout."""

from pathlib import Path

import pytest

from airlock.settings import ROOT, SettingsError, database_url, settings

NAMES = (
    "AIRLOCK_HOME", "AIRLOCK_INCLUDE", "AIRLOCK_STORE", "AIRLOCK_STORE_CACHE", "AIRLOCK_SCORING_URL",
    "AIRLOCK_AIRFLOW_URL",
    "AIRLOCK_DATABASE_URL", "MLFLOW_TRACKING_URI",
)  # fmt: skip


@pytest.fixture(autouse=True)
def nothing_is_set(monkeypatch: pytest.MonkeyPatch) -> None:
    for name in NAMES:
        monkeypatch.delenv(name, raising=False)


def test_a_checkout_needs_no_setting() -> None:
    found = settings()
    assert (ROOT / "plugins" / "airlock").is_dir()
    assert found.models == ROOT / "include" / "models"
    assert found.policies == ROOT / "include" / "policies"
    assert found.templates == ROOT / "include" / "templates"
    assert found.store == ROOT / ".airlock" / "store"
    addresses = (found.airflow_url, found.mlflow_url, found.scoring_url)
    assert addresses == ("http://127.0.0.1:8080", "http://127.0.0.1:5000", "http://127.0.0.1:8000")


def test_the_store_is_in_the_home_unless_it_is_named(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("AIRLOCK_HOME", "/home")
    assert settings().store == Path("/home/store")
    monkeypatch.setenv("AIRLOCK_STORE", "/evidence")
    assert settings().store == Path("/evidence")


def test_the_store_may_lie_in_an_object_storage(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("AIRLOCK_HOME", "/home")
    monkeypatch.setenv("AIRLOCK_STORE", "s3://bank/evidence")
    assert settings().store == "s3://bank/evidence"
    assert settings().store_cache == Path("/home/store-cache")
    monkeypatch.setenv("AIRLOCK_STORE_CACHE", "/cache")
    assert settings().store_cache == Path("/cache")


@pytest.mark.parametrize(
    "address", ["gs://bank", "s3://", "s3://bank/../other", "s3://bank//a", "s3://bank/a?b"]
)
def test_an_address_that_may_lead_elsewhere_is_refused(address: str, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("AIRLOCK_STORE", address)
    with pytest.raises(SettingsError, match="AIRLOCK_STORE: .*Write s3://<bucket>/<path>"):
        settings()


def test_settings_are_read_when_they_are_asked_for(monkeypatch: pytest.MonkeyPatch) -> None:
    before = settings()
    monkeypatch.setenv("AIRLOCK_INCLUDE", "/other")
    monkeypatch.setenv("AIRLOCK_SCORING_URL", "http://scoring:1")
    assert settings().models == Path("/other/models")
    assert settings().scoring_url == "http://scoring:1"
    assert before.models == ROOT / "include" / "models"


@pytest.mark.parametrize("value", [None, ""])
def test_without_a_database_the_cure_is_named(value: str | None, monkeypatch: pytest.MonkeyPatch) -> None:
    if value is not None:
        monkeypatch.setenv("AIRLOCK_DATABASE_URL", value)
    with pytest.raises(SettingsError, match=r"AIRLOCK_DATABASE_URL is not set\. `make up` sets it"):
        database_url()


def test_the_database_is_the_one_that_is_named(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("AIRLOCK_DATABASE_URL", "postgresql+psycopg2:///airlock")
    assert database_url() == "postgresql+psycopg2:///airlock"
