#!/bin/sh
# Runs a script with the Node of the lockfile, whatever Node started npm.
root=$(cd "$(dirname "$0")/.." && pwd)
if ! node=$(sh "$root/scripts/link-node.sh" "$root"); then
  echo "ampel: not installed; run npm ci in $root" >&2
  exit 3
fi
exec "$node" "$@"
