#!/bin/bash
# deploy/upgrade.sh IMAGE: goes to this image of the services, one service after the other; each is away for two or three
# seconds. Builds the image from this checkout where it is not there yet. Called with the image before, it is the way
# back: the version before runs on the new tables.
set -euo pipefail

image="${1:?the image to go to, such as huying:0.2.0-$(git rev-parse --short HEAD 2> /dev/null || date +%F)}"
cd "$(dirname "$0")/.."
export HUYING_IMAGE="$image"
docker image inspect "$image" > /dev/null 2>&1 || docker compose build intake

touch .env
before="$(sed -n 's/^HUYING_IMAGE=//p' .env)"
{ grep -v '^HUYING_IMAGE=' .env || true; echo "HUYING_IMAGE=$image"; } > .env.new
mv .env.new .env
deploy/secrets.sh "${SECRETS:-$(sed -n "s/^SECRETS=//p" .env)}"
echo "from ${before:-huying:0.1.0} to $image; the way back: deploy/upgrade.sh ${before:-huying:0.1.0}"

docker compose up --detach --no-build --wait postgres broker
docker compose up --detach --no-build databases access
docker compose wait databases access
for service in intake dispatch escalation financing notify desks; do
  echo "$service"
  docker compose up --detach --no-build --no-deps --wait "$service"
done
docker compose up --detach --no-build
