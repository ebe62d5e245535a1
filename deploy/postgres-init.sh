#!/bin/bash
# Runs once, on an empty data folder. Creates a role for each service, and a database that only this role may enter.
set -euo pipefail

for service in intake dispatch escalation financing notify desks; do
  psql --set=ON_ERROR_STOP=1 --username="$POSTGRES_USER" --dbname=postgres \
    --set=name="$service" --set=secret="$(cat "${SECRETS:-/run/secrets}/${service}_password")" <<'SQL'
create role :"name" login password :'secret';
create database :"name" owner :"name";
revoke all on database :"name" from public;
SQL
done

psql --set=ON_ERROR_STOP=1 --username="$POSTGRES_USER" --dbname=postgres \
  --command='revoke all on database postgres, template1 from public'
