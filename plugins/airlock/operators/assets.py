"""The assets that chain a model's Dags, because an approval may wait for days."""

from airflow.sdk import Asset


def candidate_asset(model: str) -> Asset:
    """Return the asset that a registered candidate updates; it starts a release."""
    return Asset(f"{model}.candidate", uri=f"airlock://{model}/candidate")


def champion_asset(model: str) -> Asset:
    """Return the asset that a deployed champion updates."""
    return Asset(f"{model}.champion", uri=f"airlock://{model}/champion")


def retrain_asset(model: str) -> Asset:
    """Return the asset by which a night asks for a training."""
    return Asset(f"{model}.retrain", uri=f"airlock://{model}/retrain")
