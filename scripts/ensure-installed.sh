#!/bin/sh
# Installs what `npm ci` installs when node_modules is missing or does not fit package-lock.json. Says all of it on stderr.
# Exit 0: something that runs is installed, perhaps an older state if the new one could not be had. Exit 3: nothing runs.
# An installation that works is replaced only by one that is complete: it grows in a folder beside and is renamed into place.
set -u
root=$(cd "$(dirname "$(readlink -f "$0")")/.." && pwd) || exit 3
cd "$root" || exit 3

missingLimitS=${AMPEL_INSTALL_LIMIT_S:-1200}
# With an old state that runs, an emergency waits no longer than this for a newer one.
staleLimitS=${AMPEL_UPDATE_LIMIT_S:-60}

language=de
case ${AMPEL_LANG:-} in
  en*) language=en ;;
  '') if grep -qsE '^language: *"?en' ampel.yaml; then language=en; fi ;;
esac
say() { if [ "$language" = de ]; then printf 'ampel: %s\n' "$1" >&2; else printf 'ampel: %s\n' "$2" >&2; fi; }

isRunnable() { node=$(sh scripts/link-node.sh .) && "$node" -e 0 >/dev/null 2>&1; }

isFresh() {
  node=$(sh scripts/link-node.sh .) || return 1
  read -r stamp 2>/dev/null <node_modules/.ampel-installed || stamp=
  hash=$(sha256sum <package-lock.json) || return 1
  [ "$stamp" = "${hash%% *}" ] && return 0
  # No stamp of ours: perhaps `npm ci --ignore-scripts`, or a checkout that touched the lockfile.
  "$node" scripts/is-installed.mjs --mark 2>/dev/null
}

# A run that was killed between the two renames left the working installation in its folder.
putBack() {
  for kept in .install-*/replaced; do
    [ -d "$kept" ] || continue
    if [ -e node_modules ]; then continue; fi
    mv "$kept" node_modules && say "Frühere Installation zurückgelegt" "Put the earlier installation back"
  done
}

giveUp() { # German reason, English reason
  if isRunnable; then
    say "$1; es geht mit der vorhandenen Installation weiter" "$2; going on with the installation that is there"
    exit 0
  fi
  say "$1" "$2"
  say "Nächster Schritt: Netz prüfen, dann in $root: npm ci" "Next step: check the network, then in $root: npm ci"
  exit 3
}

showProgress() { # folder
  exec 9>&- # a redirection of the call would keep a copy, and with it the lock
  seconds=0
  while sleep 1 && kill -0 $$ 2>/dev/null; do
    seconds=$((seconds + 1))
    if [ -t 2 ]; then every=1; else every=10; fi
    [ $((seconds % every)) -eq 0 ] || continue
    size=$(du -sm "$1" 2>/dev/null | cut -f1)
    if [ -t 2 ]; then printf '\rampel: %s s, %s MB ' "$seconds" "${size:-0}" >&2
    else printf 'ampel: %s s, %s MB\n' "$seconds" "${size:-0}" >&2; fi
  done
}

install() {
  fresh=$(mktemp -d "$root/.install-XXXXXX" 2>/dev/null) || giveUp "Kein Schreibrecht oder kein Platz in $root" "Cannot write in $root"
  trap 'stop; cleanUp' EXIT
  trap 'exit 130' INT
  trap 'exit 143' TERM HUP
  cp package.json package-lock.json "$fresh/" || giveUp "Kein Platz in $root" "No space in $root"
  if [ -f .npmrc ]; then cp .npmrc "$fresh/"; fi

  if isRunnable; then limitS=$staleLimitS; else limitS=$missingLimitS; fi
  showProgress "$fresh" & progress=$!
  # In the background, so that Ctrl-C is heard at once; timeout passes it on to everything npm started.
  isStarting=yes
  # Not `--prefix`: npm would look for the machine's own npmrc (its certificates, its mirror) below that folder.
  cd "$fresh" || exit 3
  timeout -k 5 "$limitS" npm ci --ignore-scripts --no-audit --no-fund --loglevel=error \
    --fetch-retries=2 --fetch-timeout=30000 </dev/null >"$fresh/npm.log" 2>&1 9>&- & npm=$!
  cd "$root" || exit 3
  isStarting=''
  wait "$npm"; code=$?; npm=
  stop
  if [ "$code" -ne 0 ]; then
    tail -n 5 "$fresh/npm.log" | sed 's/^/ampel: npm: /' >&2
    if [ "$code" -eq 124 ]; then giveUp "Installation nach $limitS s abgebrochen" "Installation stopped after $limitS s"; fi
    giveUp "Installation fehlgeschlagen" "Installation failed"
  fi
  if ! node=$(sh scripts/link-node.sh "$fresh") || ! "$node" -e 0 >/dev/null 2>&1; then
    giveUp "Das Node-Paket für diesen Rechner fehlt oder läuft nicht" "The Node package for this machine is missing or does not run"
  fi
  swap
}

# Between the two renames the working installation lies in the folder that is to be removed.
cleanUp() {
  if [ ! -e node_modules ] && [ -e "$fresh/replaced" ] && ! mv "$fresh/replaced" node_modules; then return; fi
  rm -rf "$fresh"
}

swap() {
  trap '' INT TERM HUP
  if [ -e node_modules ]; then
    mv node_modules "$fresh/replaced" || giveUp "node_modules lässt sich nicht ersetzen" "node_modules cannot be replaced"
  fi
  if ! mv "$fresh/node_modules" node_modules; then
    if [ -e "$fresh/replaced" ]; then mv "$fresh/replaced" node_modules; fi
    giveUp "node_modules lässt sich nicht anlegen" "node_modules cannot be created"
  fi
  sh scripts/prepare.sh 9>&- >&2
  # Mark in any case: what npm left out now it will leave out again.
  hash=$(sha256sum <package-lock.json) && echo "${hash%% *}" >node_modules/.ampel-installed
  say "Installiert" "Installed"
}

npm='' progress='' isStarting=''
stop() {
  # A signal may come between the start and the line that notes its number.
  for child in $npm $progress ${isStarting:+$!}; do kill "$child" 2>/dev/null; done
  if [ -n "$progress" ] && [ -t 2 ]; then printf '\r\033[K' >&2; fi
  npm='' progress=''
}

if isFresh; then exit 0; fi

# The folder itself is the lock: nothing to clean up, and the kernel lets go of it when its holder dies.
exec 9<"$root"
if ! flock -n 9; then
  say "Eine andere Installation läuft, warte" "Another installation is running, waiting"
  flock -w "$missingLimitS" 9 || giveUp "Die andere Installation wird nicht fertig" "The other installation does not finish"
fi
putBack
if isFresh; then exit 0; fi
for leftover in .install-*; do
  if [ -d "$leftover/replaced" ] && [ ! -e node_modules ]; then continue; fi
  if [ -d "$leftover" ]; then rm -rf "$leftover"; fi
done
if ! command -v npm >/dev/null 2>&1; then giveUp "npm fehlt (apt-get install npm)" "npm is missing (apt-get install npm)"; fi
if [ -e node_modules ]; then say "Installation passt nicht zu package-lock.json, wird erneuert" "The installation does not fit package-lock.json, renewing it"
else say "Installiere (einmalig)" "Installing (once)"; fi
install
exit 0
