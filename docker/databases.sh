# Run once by the postgres image, on an empty volume: one role and one database for each part, as on the embedded
# stack. A service that is tricked cannot read another's tables.
set -eu
psql --no-psqlrc --set ON_ERROR_STOP=1 --username postgres --dbname postgres \
  --set airflow="$AIRFLOW_PASSWORD" --set mlflow="$MLFLOW_PASSWORD" \
  --set airlock="$AIRLOCK_PASSWORD" --set warehouse="$WAREHOUSE_PASSWORD" <<'SQL'
CREATE ROLE airflow LOGIN PASSWORD :'airflow';
CREATE ROLE mlflow LOGIN PASSWORD :'mlflow';
CREATE ROLE airlock LOGIN PASSWORD :'airlock';
CREATE ROLE warehouse LOGIN PASSWORD :'warehouse';
CREATE DATABASE airflow OWNER airflow;
CREATE DATABASE mlflow OWNER mlflow;
CREATE DATABASE airlock OWNER airlock;
CREATE DATABASE warehouse OWNER warehouse;
REVOKE CONNECT ON DATABASE airflow, mlflow, airlock, warehouse FROM PUBLIC;
SQL
