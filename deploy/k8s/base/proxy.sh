#!/bin/sh
# Prepares the proxy's configuration for this cluster: its name server, the full names of the services, and whose
# X-Forwarded-For is believed. Reads /given, writes /prepared.
set -eu

given="${GIVEN:-/given}" prepared="${PREPARED:-/prepared}" resolv="${RESOLV:-/etc/resolv.conf}"
server="$(awk '$1 == "nameserver" { print $2; exit }' "$resolv")"
domain="$(awk '$1 == "search" { print $2; exit }' "$resolv")"
case "$server" in *:*) server="[$server]" ;; esac

real=""
for range in ${TRUSTED_PROXIES:-}; do real="$real set_real_ip_from $range;"; done
[ -z "$real" ] || real="$real real_ip_header X-Forwarded-For; real_ip_recursive on;"

sed -e "s/^\( *resolver \)[^ ;]*/\1$server/" \
  -e "s|^http {|http {$real|" \
  -e "s|include upstreams.map|include $prepared/upstreams.map|" \
  -e "s|/etc/nginx/upstreams.map|$prepared/upstreams.map|" \
  "$given/nginx.conf" > "$prepared/nginx.conf"
for service in intake dispatch escalation financing notify desks; do
  echo "$service $service.$domain:8000;"
done > "$prepared/upstreams.map"
