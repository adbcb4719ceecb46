"""What each task of the chain does, without Airflow: the parts put together, one file a step."""
