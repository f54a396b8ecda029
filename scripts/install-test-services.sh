#!/bin/sh
# Brings the real services that the tests run against (databases, nginx, DNS, ssh, booted hosts).
# Starts none of them: each test starts its own, in a folder and on a port of its own.
# Exit 0: all there, or a list of what is missing was printed (not root, no apt). Exit 1: an install failed.
set -eu
PATH=$PATH:/usr/local/sbin:/usr/sbin:/sbin

self='sudo scripts/install-test-services.sh'
policy=/usr/sbin/policy-rc.d
policySaved=$policy.before-ampel
policyMark='ampel: no service starts while test services are installed'
lock=/run/lock/ampel-install-test-services.lock
attempts=3
lockWaitS=1200

# What must be there, as "check:package": a command, or @name for a check below.
wanted='
mariadbd:mariadb-server
mariadb-dump:mariadb-client
redis-server:redis-server
nginx:nginx-light
@dnsServer:knot
dig:bind9-dnsutils
nsupdate:bind9-dnsutils
ssh:openssh-client
ssh-keygen:openssh-client
sshd:openssh-server
@postgres:postgresql
supervisord:supervisor
monit:monit
systemd-nspawn:systemd-container
mmdebstrap:mmdebstrap
nft:nftables
ip:iproute2
nc:netcat-openbsd
faketime:faketime
@faketimeLibrary:libfaketime
cron:cron
tmux:tmux
'

hasCommand() { command -v "$1" >/dev/null 2>&1; }

# Any DNS server with RFC 2136 updates will do: knot, or a BIND that is there already.
has_dnsServer() { hasCommand knotd || hasCommand named; }

has_postgres() {
  for binary in /usr/lib/postgresql/*/bin/postgres; do
    [ -x "$binary" ] || continue
    version=${binary#/usr/lib/postgresql/}
    version=${version%%/*}
    # Folder names such as "9.6" are older than anything we take.
    case $version in *[!0-9]*) continue ;; esac
    if [ "$version" -ge 15 ]; then return 0; fi
  done
  return 1
}

has_faketimeLibrary() {
  for library in /usr/lib/*/faketime/libfaketime.so.1 /usr/lib/faketime/libfaketime.so.1; do
    if [ -e "$library" ]; then return 0; fi
  done
  return 1
}

# Prints the packages of everything that is missing, each once, one a line.
listMissing() {
  seen=' '
  for entry in $wanted; do
    check=${entry%%:*}
    package=${entry#*:}
    case $check in
      @*) if "has_${check#@}"; then continue; fi ;;
      *) if hasCommand "$check"; then continue; fi ;;
    esac
    case $seen in *" $package "*) continue ;; esac
    seen="$seen$package "
    printf '%s\n' "$package"
  done
}

# A run that was killed may have left its policy: only ours is removed, the owner's comes back.
isPolicyOurs() { [ -f "$policy" ] && grep -qF "$policyMark" "$policy"; }

restorePolicy() {
  if isPolicyOurs; then rm -f "$policy"; fi
  if [ -e "$policySaved" ] && [ ! -e "$policy" ]; then mv "$policySaved" "$policy"; fi
}

forbidServiceStarts() {
  restorePolicy
  if [ -e "$policy" ]; then mv "$policy" "$policySaved"; fi
  printf '#!/bin/sh\n# %s\nexit 101\n' "$policyMark" >"$policy"
  chmod 755 "$policy"
}

runApt() {
  DEBIAN_FRONTEND=noninteractive LC_ALL=C.UTF-8 apt-get -q -y \
    -o DPkg::Lock::Timeout=600 -o Acquire::Retries=3 -o Dpkg::Use-Pty=0 \
    -o Dpkg::Options::=--force-confdef -o Dpkg::Options::=--force-confold "$@"
}

# The package lists have a lock that apt does not wait for, and mirrors hiccup.
updateLists() {
  attempt=1
  until runApt update >/dev/null; do
    if [ "$attempt" -ge "$attempts" ]; then
      echo "test services: the package lists could not be refreshed, going on with the old ones"
      return 0
    fi
    attempt=$((attempt + 1))
    sleep 5
  done
}

installPackages() {
  if runApt install --no-install-recommends "$@" >"$aptLog" 2>&1; then return 0; fi
  echo "test services: installing all at once failed, trying one by one"
  for package in "$@"; do
    if runApt install --no-install-recommends "$package" >"$aptLog" 2>&1; then continue; fi
    echo "test services: $package could not be installed:"
    tail -n 5 "$aptLog"
  done
}

missing=$(listMissing)
if [ -z "$missing" ] && ! isPolicyOurs; then
  echo "test services: all there"
  exit 0
fi

if [ "$(id -u)" -ne 0 ] || ! hasCommand apt-get; then
  for package in $missing; do
    echo "test services: $package is missing, bring it with: $self (Debian, root)"
  done
  exit 0
fi

mkdir -p "${lock%/*}"
exec 9>"$lock"
if ! flock -n 9; then
  echo "test services: another install is running, waiting for it"
  flock -w "$lockWaitS" 9
fi
restorePolicy
# The run that held the lock may have brought everything.
missing=$(listMissing)
if [ -n "$missing" ]; then
  aptLog=$(mktemp)
  trap 'restorePolicy; rm -f "$aptLog"' EXIT
  trap 'exit 130' INT
  trap 'exit 143' TERM HUP
  forbidServiceStarts
  echo "test services: refreshing the package lists"
  updateLists
  # shellcheck disable=SC2086  # one word per package
  echo "test services: installing" $missing
  # shellcheck disable=SC2086
  installPackages $missing 9>&-
  missing=$(listMissing)
fi

for package in $missing; do
  echo "test services: $package is still missing"
done
if [ -n "$missing" ]; then exit 1; fi
echo "test services: all there"
