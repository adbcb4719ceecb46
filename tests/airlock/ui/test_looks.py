"""Who looks at what is personal, in the log of a real API server."""

import httpx

from tests.airlock.ui.airflow_server import AirflowServer


def test_the_log_of_the_api_server_names_who_looked(airflow: AirflowServer) -> None:
    for user in ("ada", "dana"):
        headers = {"authorization": f"Bearer {airflow.token(user)}"}
        page = f"{airflow.url}/airlock/models/credit_risk/quarantine"
        assert httpx.get(page, headers=headers).status_code == 200
        assert (
            f"{user} looked at the quarantine of credit_risk" in (airflow.folder / "server.log").read_text()
        )
