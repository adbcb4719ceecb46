"""Airlock's pages inside Airflow's web UI: read-only, rendered on the server, behind Airflow's login."""
