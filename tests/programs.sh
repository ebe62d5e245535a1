#!/bin/sh
# What tests need beyond Python, from Debian: a browser for the console, promtool for the alerts.
# Without them those tests skip and say so.
set -u
missing=
command -v chromium > /dev/null || missing="chromium"
command -v promtool > /dev/null || missing="$missing prometheus"
[ -z "$missing" ] && exit 0
if [ "$(id -u)" != 0 ] || ! command -v apt-get > /dev/null; then
    echo "*** NOT INSTALLED:$missing (root and apt-get are needed): tests that need them are NOT RUN ***" >&2
    exit 0
fi
rule=/usr/sbin/policy-rc.d  # nothing that is installed here is started
[ -e $rule ] || { printf '#!/bin/sh\nexit 101\n' > $rule && chmod +x $rule && trap 'rm -f $rule' EXIT; }
export DEBIAN_FRONTEND=noninteractive
# shellcheck disable=SC2086
apt-get update -qq && apt-get install -y -qq --no-install-recommends $missing > /dev/null ||
    echo "*** NOT INSTALLED:$missing (apt-get failed): tests that need them are NOT RUN ***" >&2
exit 0
