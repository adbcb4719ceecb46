# Run once by the postgres image, on an empty volume: one role and one database for each part, as on the embedded
# stack. A service that is tricked cannot read another's tables. What the roles of Airlock's own services may do in
# its database is granted by its migrations (airlock.governance.grants).
set -eu
psql --no-psqlrc --set ON_ERROR_STOP=1 --username postgres --dbname postgres \
  --set airflow="$AIRFLOW_PASSWORD" --set mlflow="$MLFLOW_PASSWORD" \
  --set airlock="$AIRLOCK_PASSWORD" --set warehouse="$WAREHOUSE_PASSWORD" \
  --set airlock_tasks="$AIRLOCK_TASKS_PASSWORD" --set airlock_scoring="$AIRLOCK_SCORING_PASSWORD" \
  --set airlock_reader="$AIRLOCK_READER_PASSWORD" <<'SQL'
CREATE ROLE airflow LOGIN PASSWORD :'airflow';
CREATE ROLE mlflow LOGIN PASSWORD :'mlflow';
CREATE ROLE airlock LOGIN PASSWORD :'airlock';
CREATE ROLE warehouse LOGIN PASSWORD :'warehouse';
CREATE ROLE airlock_tasks LOGIN PASSWORD :'airlock_tasks';
CREATE ROLE airlock_scoring LOGIN PASSWORD :'airlock_scoring';
CREATE ROLE airlock_reader LOGIN PASSWORD :'airlock_reader';
CREATE DATABASE airflow OWNER airflow;
CREATE DATABASE mlflow OWNER mlflow;
CREATE DATABASE airlock OWNER airlock;
CREATE DATABASE warehouse OWNER warehouse;
REVOKE ALL ON DATABASE airflow, mlflow, airlock, warehouse FROM PUBLIC;
SQL
