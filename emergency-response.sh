#!/bin/sh
# The one command in an emergency; see ./emergency-response.sh --help.
root=$(dirname "$(readlink -f "$0")")
"$root/scripts/ensure-installed.sh" && exec "$root/ampel" emergency-response "$@"
