#!/bin/sh
# Starts nginx with the name servers of this container: each engine has others.
set -eu

servers="$(awk '/^nameserver/ { print $2 ~ /:/ ? "[" $2 "]" : $2 }' /etc/resolv.conf | tr '\n' ' ')"
sed -e "s/^\( *resolver \)[^ ;]*/\1${servers% }/" -e "s#include upstreams.map#include /etc/nginx/upstreams.map#" \
  /etc/nginx/nginx.conf > /tmp/nginx.conf
exec nginx -e /dev/stderr -c /tmp/nginx.conf "$@"
