#!/bin/bash
# Builds the Debian server that the test rig boots, once, into a cache folder, and prints the folder.
# A change of this script or of image/ gives another folder, so a stale image is never booted.
set -euo pipefail
PATH=$PATH:/usr/local/sbin:/usr/sbin:/sbin
export LC_ALL=C.UTF-8

here=$(cd "$(dirname "${BASH_SOURCE[0]}")" && pwd)
cache=${AMPEL_RIG_CACHE:-/var/cache/ampel-rig}
packages=(
  systemd systemd-sysv dbus iproute2 procps ca-certificates curl
  mariadb-server redis-server nginx-light postgresql openssh-server
  php-fpm php-mysql php-redis sudo supervisor cron
)

say() { echo "rig image: $*" >&2; }

# test/rig/image.ts computes the same: hash over the script and the files of image/, in name order.
hashOfRecipe() {
  local LC_ALL=C
  cat "$here/build-image.sh" "$here"/image/* | sha256sum | cut -c 1-12
}

# Files of this machine's own Debian source: its release and the component main. Other vendors' do not count.
findSources() {
  local file
  for file in /etc/apt/sources.list /etc/apt/sources.list.d/*.list /etc/apt/sources.list.d/*.sources; do
    [[ -f $file ]] || continue
    if grep -qE "(^|[[:space:]])$release([[:space:]]|\$)" "$file" && grep -qE '(^|[[:space:]])main([[:space:]]|$)' "$file"; then
      echo "$file"
    fi
  done
}

# How this machine reaches its source (proxy, retries, age of a snapshot) holds for the build too.
copyAcquireOptions() {
  apt-config dump | grep -E '^Acquire::(https?|Retries|Check-Valid-Until|Check-Date)(::[^ ]*)? ".+";$' || true
  echo 'Acquire::Languages "none";'
}

# An image of an older recipe goes when no running host has it mounted.
removeOldImages() {
  local old
  for old in "$cache"/server-* "$cache"/build.*; do
    if [[ ! -d $old || $old == "$image" ]] || grep -qsF "$old" /proc/[0-9]*/mountinfo; then continue; fi
    say "removing the old $old"
    rm -rf --one-file-system "$old"
  done
}

image=$cache/server-$(hashOfRecipe)
if [[ -d $image ]]; then
  say "already built"
  echo "$image"
  exit 0
fi

for tool in mmdebstrap apt-config flock; do
  if ! command -v "$tool" >/dev/null; then
    say "$tool is missing, bring it with: sudo scripts/install-test-services.sh"
    exit 1
  fi
done
if [[ $(id -u) -ne 0 ]]; then
  say "only root can build it: sudo test/rig/build-image.sh"
  exit 1
fi

mkdir -p "$cache"
exec 9>"$cache/lock"
flock -w 1800 9
if [[ -d $image ]]; then
  echo "$image"
  exit 0
fi

startedAt=$SECONDS
release=$(. /etc/os-release && echo "$VERSION_CODENAME")
mapfile -t sources < <(findSources)
if [[ ${#sources[@]} -eq 0 ]]; then
  say "no apt source for $release found in /etc/apt"
  exit 1
fi
removeOldImages

building=$(mktemp -d "$cache/build.XXXXXX")
options=$(mktemp)
trap 'rm -rf --one-file-system "$building"; rm -f "$options"' EXIT
copyAcquireOptions >"$options"
say "building a $release server with ${#packages[@]} packages, takes a minute or two"

include=$(IFS=,; echo "${packages[*]}")
timeout --kill-after=10 1200 mmdebstrap --quiet --mode=root --variant=minbase --format=directory \
  --include="$include" --aptopt="$options" \
  --aptopt='APT::Install-Recommends "false"' \
  --dpkgopt='force-unsafe-io' \
  --dpkgopt='path-exclude=/usr/share/man/*' \
  --dpkgopt='path-exclude=/usr/share/doc/*' \
  --dpkgopt='path-exclude=/usr/share/locale/*' \
  --customize-hook="sh '$here/image/customize.sh' \"\$1\" '$here/image'" \
  "$release" "$building/root" "${sources[@]}" 9>&- >&2

# A rename in the same folder: another process sees the whole image or none.
chmod 755 "$building/root"
mv -T "$building/root" "$image"
say "built in $((SECONDS - startedAt)) s, $(du -sm "$image" | cut -f 1) MB"
echo "$image"
