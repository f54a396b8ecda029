#!/bin/sh
# Runs once at the end of the build: makes a guarded server of the installed packages. $1 = image, $2 = this folder.
set -eu
image=$1
files=$2
inside() { chroot "$image" "$@"; }

# A boot must not look like a first boot, nor take over this machine's name and resolver.
: >"$image/etc/machine-id"
rm -f "$image/var/lib/dbus/machine-id" "$image/etc/resolv.conf" "$image/etc/hostname"

install -m 644 "$files/sshd.conf" "$image/etc/ssh/sshd_config.d/ampel.conf"
rm -f "$image"/etc/ssh/ssh_host_*
inside useradd --create-home --shell /bin/bash emergency
printf 'emergency ALL=(ALL) NOPASSWD: ALL\n' >"$image/etc/sudoers.d/emergency"
chmod 440 "$image/etc/sudoers.d/emergency"

mkdir -p "$image/var/www/gateway"
install -m 644 "$files/health.php" "$files/worker.php" "$image/var/www/gateway/"
printf '<h1>gateway</h1>\n' >"$image/var/www/gateway/index.html"
install -m 644 "$files/nginx-site.conf" "$image/etc/nginx/sites-available/default"
install -m 644 "$files/supervisor-worker.conf" "$image/etc/supervisor/conf.d/worker.conf"
install -m 644 "$files/mariadb.cnf" "$image/etc/mysql/mariadb.conf.d/90-ampel.cnf"
log=$(mktemp)
if ! inside mariadbd --bootstrap --user=mysql <"$files/seed.sql" 2>"$log"; then
  cat "$log" >&2
  exit 1
fi
rm -f "$log"

phpUnit=$(basename "$image"/lib/systemd/system/php*-fpm.service)
for unit in mariadb redis-server nginx postgresql ssh supervisor cron "$phpUnit"; do
  inside systemctl enable --quiet "$unit"
done
# Timers would do real work in the middle of a test; a getty has no console here.
for unit in apt-daily.timer apt-daily-upgrade.timer e2scrub_all.timer e2scrub_reap.service \
  dpkg-db-backup.timer phpsessionclean.timer fstrim.timer console-getty.service getty@tty1.service; do
  inside systemctl mask --quiet "$unit"
done

# How this image was fetched is nobody's business inside it.
rm -rf "$image"/etc/apt/apt.conf.d/99mmdebstrap "$image"/etc/apt/sources.list "$image"/etc/apt/sources.list.d/* \
  "$image"/var/lib/apt/lists/* "$image"/var/cache/apt/*.bin
