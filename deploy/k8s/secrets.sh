#!/bin/bash
# Prints the Secrets of a city from the files that deploy/secrets.sh made in a folder:
#   deploy/secrets.sh secrets huying.example.gov.cn && deploy/k8s/secrets.sh secrets | kubectl apply -f -
# Host, port and database of PostgreSQL stand in <service>_database: change them there first where PostgreSQL is elsewhere.
set -euo pipefail

folder="${1:?the folder of the secrets}"
namespace="${2:-huying}"
cd "$folder"
[ -s seal_key ] || { openssl genpkey -algorithm ed25519 > seal_key.new && chmod 444 seal_key.new && mv seal_key.new seal_key; }

secret() {  # NAME KEY=FILE …
  printf -- '---\napiVersion: v1\nkind: Secret\nmetadata: { name: %s, namespace: %s }\ndata:\n' "$1" "$namespace"
  shift
  for pair in "$@"; do printf '  %s: %s\n' "${pair%%=*}" "$(base64 -w0 < "${pair#*=}")"; done
}

services=(intake dispatch escalation financing notify desks)
for service in "${services[@]}"; do
  more=()
  case "$service" in
    intake) more=(huying_service_key=intake_key huying_search_key=search_key) ;;
    notify) more=(huying_intake_key=notify_key) ;;
    desks) more=(huying_intake_key=desks_key token_signer=token_signer) ;;
  esac
  secret "huying-$service" "huying_database=${service}_database" "huying_kafka_password=${service}_kafka_password" \
    "data_keys=${service}_data_keys" "${more[@]}"
done
secret huying-accounts accounts=accounts token_keys=token_keys
secret huying-seal seal_key=seal_key
secret huying-ops ops_key=ops_key
secret huying-tls tls.crt=tls_certificate tls.key=tls_key
passwords=()
for service in "${services[@]}"; do
  passwords+=("${service}_password=${service}_password" "${service}_kafka_password=${service}_kafka_password")
done
secret huying-admin postgres_password=postgres_password huying_kafka_password=admin_kafka_password "${passwords[@]}"
