"""Showing in MLflow how a release stands; nothing waits for it, and nothing obeys it."""

import logging
from typing import TYPE_CHECKING

from airlock.operators.base import database
from airlock.settings import SettingsError, settings

if TYPE_CHECKING:
    from airlock.governance.deployments import Deployment

LOG = logging.getLogger(__name__)


def show(release_id: int) -> None:
    """Show a release in MLflow; where MLflow does not take it, say so in the log and go on."""
    from airlock.chain.signposts import show_release
    from airlock.training.registry import RegistryError

    try:
        show_release(release_id, engine=database(), airflow_url=settings().airflow_url)
    except (RegistryError, SettingsError) as error:
        LOG.warning("MLflow does not show how release %s stands: %s", release_id, error)


def show_champion(model: str) -> "Deployment | None":
    """Point MLflow's alias `champion` at what is in production now, drill or not, and return that."""
    from airlock.governance.rollback import released_champion
    from airlock.training import registry

    with database().connect() as connection:
        champion = released_champion(connection, model)
    if champion is not None:
        registry.show_champion(model, champion.version)
    return champion
