#!/bin/sh
# npm runs this after `npm ci` and `npm install` in the root: builds what the entry points start.
# Never fails the installation: ./ampel builds again at its next start and then says what is wrong.
cd "$(dirname "$0")/.." || exit 0
if ! node=$(sh scripts/link-node.sh .); then
  echo "ampel: the Node package for this machine is missing; run npm ci again" >&2
  exit 0
fi
"$node" scripts/is-installed.mjs --mark
if [ -d src ] && [ -f node_modules/@typescript/native/bin/tsc ]; then
  "$node" scripts/build.mjs || echo "ampel: not built; ./ampel tries again when it starts" >&2
fi
exit 0
