"""The operators: the only Airflow-aware code. Each assigns, calls the pure code, and returns."""
