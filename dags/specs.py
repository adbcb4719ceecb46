"""Broken specs.

Reads every `include/models/<name>/model.yaml`. A broken one breaks only its own Dags: the Dags of the other
models leave it out, and this file fails to import, so that Airflow shows under *Import Errors* which file
is wrong, at which key, and what to write instead. It defines no Dag of its own (airflow: DAG).

"""

from airlock.operators.specs import spec_errors

if errors := spec_errors():
    raise ImportError(
        "These models have no Dags until their specs are mended:\n" + "\n".join(map(str, errors))
    )
