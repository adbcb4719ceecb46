"""Airlock's pages in Airflow's web UI: the entry in the navigation, and the app that serves them."""

from typing import Any

from airflow.plugins_manager import AirflowPlugin


class AirlockPlugin(AirflowPlugin):
    """Adds Airlock to the navigation. Every Airflow process loads this file, so it imports almost nothing."""

    name = "airlock"
    external_views = [
        {
            "name": "Airlock",
            "href": "/airlock/",
            "destination": "nav",
            "url_route": "airlock",
            "nav_top_level": True,
        }
    ]

    @property
    def fastapi_apps(self) -> list[dict[str, Any]]:
        """The app; made where it is asked for, which only the API server does."""
        from airlock.ui.app import create_app

        return [{"name": "airlock", "app": create_app(), "url_prefix": "/airlock"}]
