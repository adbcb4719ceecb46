"""Airflow with what its tasks import in memory: `python -m airlock.operators.preloaded scheduler ...`.

Airflow runs each task in a fork of its executor's process. What that process has imported no task imports
again, and all of them share its memory. Airlock's own modules are left out: a task runs the code of its day.
"""

import warnings
from importlib import import_module

#: Those that tasks import and that take longest; none starts a Python thread, which a fork would lose.
LIBRARIES = (
    "pandas",
    "pyarrow.dataset",
    "pyarrow.parquet",
    "scipy.stats",
    "sklearn.ensemble",
    "sklearn.model_selection",
    "sklearn.pipeline",
    "sqlalchemy",
    "psycopg2",
    "great_expectations",
    "mlflow.pyfunc",
    "matplotlib.figure",
    "onnxruntime",
    "skl2onnx",
    "skops.io",
    "shap",
    "evidently.presets",
)


def preload() -> None:
    """Import the libraries, without the warnings that they give about themselves."""
    with warnings.catch_warnings():
        warnings.simplefilter("ignore")
        for library in LIBRARIES:
            import_module(library)


def main() -> None:
    """Import the libraries, then be Airflow's command line."""
    preload()
    from airflow.__main__ import main as airflow

    airflow()


if __name__ == "__main__":
    main()
