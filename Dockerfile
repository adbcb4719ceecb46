# One image for every service of docker-compose.yaml; the command says which one a container is.
FROM python:3.11.13-slim-bookworm

ENV PYTHONUNBUFFERED=1 \
    PYTHONPATH=/opt/airlock/plugins \
    PATH=/opt/airlock/.venv/bin:$PATH

WORKDIR /opt/airlock

# Exactly what the lock names, installed as `make setup` does. Before the code, so that a change of it is quick.
COPY requirements.lock ./
RUN python -m venv .venv \
    && .venv/bin/pip install --no-cache-dir --disable-pip-version-check "$(sed -n 's/^uv==/uv==/p' requirements.lock)" \
    && .venv/bin/uv pip sync --no-cache --compile-bytecode --python .venv/bin/python requirements.lock

COPY plugins plugins
COPY dags dags
COPY include include
COPY stack stack
RUN python -m compileall -q plugins dags stack

# The code belongs to root, so that no service can change it; each volume starts as a folder of the user's own.
RUN useradd --uid 10001 --user-group --no-create-home --home-dir /var/lib/airlock --shell /usr/sbin/nologin airlock \
    && install -d -m 700 -o airlock -g airlock \
        /var/lib/airlock /var/lib/airlock/airflow /var/lib/airlock/logs /var/lib/airlock/mail /var/lib/airlock/mlflow \
        /var/lib/airlock/spool /var/lib/airlock/store
USER airlock
