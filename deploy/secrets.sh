#!/bin/bash
# Makes the secrets of docker-compose.yml, each as a file in the folder given. Existing files stay as they are.
# Containers read them under accounts of their own. So all accounts may read the files, and only the owner may
# enter the folder.
set -euo pipefail

folder="${1:-secrets}"
host="${2:-localhost}"
mkdir -p "$folder"
chmod 700 "$folder"
cd "$folder"

made() {
  cat > "$1.new"
  if [ -s "$1" ]; then rm "$1.new"; else chmod 444 "$1.new" && mv "$1.new" "$1"; fi
}
random() { openssl rand -hex 24; }
account() { printf -- '- { name: %s, role: %s, key_sha256: %s }\n' "$1" "$2" "$(sha256sum < "$3" | cut -d' ' -f1)"; }

for name in postgres_password admin_kafka_password grafana_password ops_key office_key intake_key notify_key desks_key search_key; do
  random | tr -d '\n' | made "$name"
done
for service in intake dispatch escalation financing notify desks; do
  random | tr -d '\n' | made "${service}_password"
  random | tr -d '\n' | made "${service}_kafka_password"
  key="$(date +%F)-$(openssl rand -hex 3)"
  printf 'encrypts: %s\nindex: "%s"\nkeys:\n  %s: "%s"\n' "$key" "$(openssl rand -hex 32)" "$key" "$(openssl rand -hex 32)" |
    made "${service}_data_keys"
  printf 'postgresql+asyncpg://%s:%s@postgres/%s' "$service" "$(cat "${service}_password")" "$service" |
    made "${service}_database"
done
# Accounts that a new version adds join those that are there.
{
  [ ! -e accounts ] || cat accounts
  for name in ops:ops office:office intake:service notify:service desks:service; do
    grep -qsE "name: *${name%:*}\b" accounts || account "${name%:*}" "${name#*:}" "${name%:*}_key"
  done
} > accounts.new
chmod 444 accounts.new && mv accounts.new accounts
for key in token_signer seal_key; do
  [ -s "$key" ] || openssl genpkey -algorithm ed25519 | made "$key"
done
openssl pkey -in token_signer -pubout | made token_keys
[ -s tls_key ] || {
  openssl req -x509 -newkey ec -pkeyopt ec_paramgen_curve:P-256 -nodes -days 90 -subj "/CN=$host" \
    -addext "subjectAltName=DNS:$host" -keyout tls_key -out tls_certificate 2> /dev/null
  chmod 444 tls_key tls_certificate
}
