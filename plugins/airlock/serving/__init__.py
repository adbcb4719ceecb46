"""The scoring API: answers for applications, by the deployment record alone. Knows no Airflow."""
