#!/bin/bash
# Creates the role and the database of each service that lacks them, which only this role may enter, and gives each
# role the password of its secret. Runs at each start, so that a service that a new version adds has its own.
set -euo pipefail

secrets="${SECRETS:-/run/secrets}"
export PGHOST="${PGHOST:-postgres}" PGUSER="${PGUSER:-postgres}" PGDATABASE=postgres
PGPASSWORD="$(cat "$secrets/postgres_password")"
export PGPASSWORD

for service in intake dispatch escalation financing notify desks; do
  psql --quiet --set=ON_ERROR_STOP=1 --set=name="$service" --set=secret="$(cat "$secrets/${service}_password")" <<'SQL'
select format('create role %I login', :'name') where not exists (select from pg_roles where rolname = :'name') \gexec
alter role :"name" login password :'secret';
select format('create database %I owner %I', :'name', :'name')
  where not exists (select from pg_database where datname = :'name') \gexec
revoke all on database :"name" from public;
SQL
done
psql --quiet --set=ON_ERROR_STOP=1 --command='revoke all on database postgres, template1 from public'
