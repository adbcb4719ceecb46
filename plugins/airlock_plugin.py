"""Airlock's pages in Airflow's web UI: the entry in the navigation, and the app that serves them."""

from typing import Any

from airflow.plugins_manager import AirflowPlugin


class AirlockPlugin(AirflowPlugin):
    """Adds Airlock to the navigation, and the dossier to tasks.

    Every Airflow process loads this file, so it imports almost nothing.
    """

    name = "airlock"
    external_views = [
        {
            "name": "Airlock",
            "href": "/airlock/",
            "destination": "nav",
            "url_route": "airlock",
            "nav_top_level": True,
        },
        # A tab of every task, beside Required Actions: Airflow has no way to offer it for some tasks only.
        {
            "name": "Dossier",
            "href": "/airlock/dossiers/run?dag={DAG_ID}&run={RUN_ID}",
            "destination": "task_instance",
            "url_route": "dossier",
        },
    ]

    @property
    def fastapi_apps(self) -> list[dict[str, Any]]:
        """The app; made where it is asked for, which only the API server does."""
        from airlock.ui.app import create_app

        return [{"name": "airlock", "app": create_app(), "url_prefix": "/airlock"}]
