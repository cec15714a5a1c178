#!/bin/sh
# Runs the demo against what docker compose has started, signed in by a key that is made for it and ends in an hour.
set -eu
cd "$(dirname "$0")/../.."
compose="docker compose --env-file deploy/compose/.env"
expires="$(node -p 'new Date(Date.now() + 3600000).toISOString()')"
PERDURE_TOKEN="$($compose exec -T worker node scripts/built.mjs keys create --tenant smoke --name smoke --expires "$expires")"
export PERDURE_TOKEN
# The demo takes the perdure that listens there.
PORT="$(grep '^PORT=' deploy/compose/.env | cut -d= -f2)"
export PORT
npm run demo
npm run perdure -- doctor
