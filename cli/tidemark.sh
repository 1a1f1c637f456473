#!/bin/sh
program=$(dirname "$(readlink -f "$0")")/../dist/cli/tidemark.js
if [ ! -f "$program" ]; then
  echo 'tidemark: it is not built yet; run: npm ci && npm run build' >&2
  exit 1
fi
# Young objects are given more room than Node's 16 MB: to collect them is a fifth of what the busy roles cost.
exec node --max-semi-space-size=64 "$program" "$@"
