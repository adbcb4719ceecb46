"""Logins: the people of `people.yaml` as real users of Airflow (FAB) and MLflow, with the least they need."""
