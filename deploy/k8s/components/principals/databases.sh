#!/bin/sh
# Creates a role for each service and a database that only this role may enter; a role that is there gets its password.
# Logs in as PGUSER, who may create roles and databases.
set -eu

for service in intake dispatch escalation financing notify desks; do
  psql --set=ON_ERROR_STOP=1 --quiet --no-psqlrc --dbname=postgres \
    --set=name="$service" --set=secret="$(cat "${SECRETS:-/run/huying}/${service}_password")" <<'SQL'
select format('create role %I', :'name') where not exists (select from pg_roles where rolname = :'name') \gexec
alter role :"name" login password :'secret';
grant :"name" to current_user;
select format('create database %I owner %I', :'name', :'name')
where not exists (select from pg_database where datname = :'name') \gexec
revoke all on database :"name" from public;
SQL
done
