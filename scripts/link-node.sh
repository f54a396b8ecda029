#!/bin/sh
# Prints the Node that the lockfile brought into FOLDER/node_modules and links it as .bin/node; exit 1 when there is none.
# npm 10 takes the link away together with the package of the other processor, so no start may rely on it.
set -u
bin=$1/node_modules/.bin
if [ -x "$bin/node" ]; then
  echo "$bin/node"
  exit 0
fi
for found in "$1"/node_modules/node-linux-*/bin/node; do
  # Run, not only looked at: it may be built for another processor or an older system library.
  "$found" -e 0 2>/dev/null || continue
  package=${found#"$1"/node_modules/}
  if mkdir -p "$bin" 2>/dev/null && ln -sfn "../$package" "$bin/node" 2>/dev/null; then echo "$bin/node"; else echo "$found"; fi
  exit 0
done
exit 1
