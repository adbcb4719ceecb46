"""Showing in MLflow how a release stands; nothing waits for it, and nothing obeys it."""

import logging

from airlock.operators.base import database
from airlock.settings import SettingsError, settings

LOG = logging.getLogger(__name__)


def show(release_id: int) -> None:
    """Show a release in MLflow; where MLflow does not take it, say so in the log and go on."""
    from airlock.chain.signposts import show_release
    from airlock.training.registry import RegistryError

    try:
        show_release(release_id, engine=database(), airflow_url=settings().airflow_url)
    except (RegistryError, SettingsError) as error:
        LOG.warning("MLflow does not show how release %s stands: %s", release_id, error)
