"""skops, imported quietly.

To name NumPy's and SciPy's functions, skops asks every module that is loaded for them, and Airflow's old
modules answer each question with a warning in the task's log.
"""

import warnings

with warnings.catch_warnings():
    warnings.simplefilter("ignore")
    import skops.io
    import skops.io.exceptions

__all__ = ["skops"]
