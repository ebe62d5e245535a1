#!/bin/bash
# Stand-in for the entrypoint of the official PostgreSQL image: hands over to the user postgres, makes the data folder
# once, runs the scripts of /docker-entrypoint-initdb.d on it, and becomes the server.
set -euo pipefail

if [ "$(id -u)" = 0 ]; then
  install -d -o postgres -g postgres -m 700 "$(dirname "$PGDATA")" "$PGDATA"
  exec setpriv --reuid=postgres --regid=postgres --init-groups "$0" "$@"
fi
export POSTGRES_USER="${POSTGRES_USER:-postgres}"
if [ "$1" = postgres ] && [ ! -s "$PGDATA/PG_VERSION" ]; then
  # shellcheck disable=SC2086  # several options in one variable, as in the official image
  initdb --pgdata="$PGDATA" --username="$POSTGRES_USER" --pwfile="$POSTGRES_PASSWORD_FILE" ${POSTGRES_INITDB_ARGS:-}
  echo "host all all all scram-sha-256" >> "$PGDATA/pg_hba.conf"
  pg_ctl --pgdata="$PGDATA" --options="-c listen_addresses='' -p 5432" --wait start
  shopt -s nullglob
  for script in /docker-entrypoint-initdb.d/*.sh; do PGHOST=/tmp bash "$script"; done
  pg_ctl --pgdata="$PGDATA" --mode=fast --wait stop
fi
[ "$1" != postgres ] || set -- "$@" -c "listen_addresses=*"
exec "$@"
