import { askHost, type Host } from "../integrations/host.ts";

/** Non-secret settings of a Laravel `.env`; of every other line only the name is read, and only on the host itself. */
const readableSettings = [
  "APP_URL",
  "APP_NAME",
  "DB_CONNECTION",
  "DB_HOST",
  "DB_PORT",
  "DB_SOCKET",
  "DB_DATABASE",
  "REDIS_HOST",
  "REDIS_PORT",
  "REDIS_DB",
  "REDIS_CACHE_DB",
  "REDIS_PREFIX",
  "REDIS_QUEUE",
  "QUEUE_CONNECTION",
  "CACHE_STORE",
  "CACHE_DRIVER",
  "CACHE_PREFIX",
];

/**
 * One text that looks and changes nothing. Every line it prints begins with a word that says what it is.
 * ROOT is empty on a real machine; in a copied tree (a test, a mounted disk) nothing is asked that only runs on a live one.
 */
const text = String.raw`
set +e
echo "NAME $( [ -n "$ROOT" ] && cat "$ROOT/etc/hostname" 2>/dev/null | head -n 1 || uname -n)"
echo "ZONE $(cat "$ROOT/etc/timezone" 2>/dev/null | head -n 1 || true)"
if [ -z "$ROOT" ]; then link=$(readlink -f /etc/localtime); echo "LOCALTIME $link"; fi

if [ -n "$ROOT" ] || [ -d /run/systemd/system ]; then
  echo SYSTEMD
  if [ -z "$ROOT" ]; then
    systemctl list-unit-files --type=service --state=enabled,enabled-runtime --no-legend --plain 2>/dev/null | sed 's/^/ENABLED /'
    systemctl list-units --type=service --all --no-legend --plain 2>/dev/null | sed 's/^/UNIT /'
  else
    for link in "$ROOT"/etc/systemd/system/*.wants/*.service; do [ -L "$link" ] || [ -e "$link" ] || continue; echo "ENABLED $(basename "$link")"; done
  fi
  for file in "$ROOT"/etc/systemd/system/*.service; do [ -f "$file" ] && [ ! -L "$file" ] && echo "OWN $(basename "$file")"; done
fi

# Of a program only its name is taken, and whether it works on a queue: its command may carry a password.
for file in "$ROOT"/etc/supervisor/supervisord.conf "$ROOT"/etc/supervisor/conf.d/*.conf; do
  [ -r "$file" ] || continue
  echo "FILE supervisor ${"$"}{file#"$ROOT"}"
  sed -n -E 's/^[[:space:]]*(\[[^]]*\]).*/| \1/p; s/^[[:space:]]*programs[[:space:]]*=(.*)/| programs=\1/p; s/^[[:space:]]*command[[:space:]]*=.*(queue:work|queue:listen|artisan horizon).*/| command=\1/p' "$file" | head -n 500
done

for table in tcp tcp6; do [ -r "$ROOT/proc/net/$table" ] && grep ' 0A ' "$ROOT/proc/net/$table" | sed "s/^/PORT $table /"; done

for file in "$ROOT"/etc/nginx/sites-enabled/* "$ROOT"/etc/nginx/conf.d/*.conf; do
  [ -r "$file" ] || [ -L "$file" ] || continue
  real=$file
  # In a copied tree an absolute link would lead out of it.
  if [ -L "$file" ] && [ -n "$ROOT" ]; then target=$(readlink "$file"); case $target in /*) real=$ROOT$target ;; esac; fi
  [ -r "$real" ] || continue
  echo "FILE nginx ${"$"}{file#"$ROOT"}"
  sed -n -E 's/^[[:space:]]*(server_name|listen|ssl_certificate|root|access_log|error_log)[[:space:]]/| &/p; s/^[[:space:]]*server[[:space:]]*\{/| server {/p' "$real" | head -n 500
done
for folder in "$ROOT"/etc/letsencrypt/live/*/; do [ -e "$folder/fullchain.pem" ] || [ -L "$folder/fullchain.pem" ] && echo "LIVE ${"$"}{folder#"$ROOT"}"; done

find -L "$ROOT/var/www" "$ROOT/srv" "$ROOT/opt" "$ROOT/home" -maxdepth 4 -name artisan -not -path '*/vendor/*' -not -path '*/node_modules/*' 2>/dev/null | sort | head -n 40 | while read -r artisan; do
  folder=$(dirname "$artisan"); shown=${"$"}{folder#"$ROOT"}
  echo "APP $shown"
  [ -L "$folder" ] && echo "LINK $shown"
  env="$folder/.env"
  if [ -L "$env" ] && [ ! -e "$env" ] && [ -n "$ROOT" ]; then env=$ROOT$(readlink "$env"); fi
  if [ -e "$env" ] && [ ! -r "$env" ]; then echo "UNSEEN $shown/.env"; fi
  if [ -r "$env" ]; then
    tr -d '\r' <"$env" | sed -n -E "s/^(export )?($READABLE)=(.*)/SETTING \2=\3/p"
    tr -d '\r' <"$env" | grep -vE '=[[:space:]]*(""|null)?$' | sed -n -E 's/^(export )?([A-Za-z_][A-Za-z0-9_]*)=.*/SETTINGNAME \2/p'
  fi
  for log in "$folder"/storage/logs/laravel.log; do [ -e "$log" ] && echo "LOG ${"$"}{log#"$ROOT"}"; done
done
for base in "$ROOT"/var/www/* "$ROOT"/srv/* "$ROOT"/opt/*; do
  [ -L "$base/current" ] && [ -d "$base/releases" ] && echo "RELEASES ${"$"}{base#"$ROOT"}"
done

find "$ROOT/backup" "$ROOT/backups" "$ROOT/var/backups" "$ROOT/srv/backups" "$ROOT/home" "$ROOT/root" "$ROOT/var/www" -maxdepth 4 -xdev \
  \( -name '*.sql' -o -name '*.sql.gz' -o -name '*.sql.zst' -o -name '*.sql.bz2' -o -name '*.dump' -o -name '*.rdb.gz' -o -name '*.tar.gz' -o -name '*.tar.zst' \) \
  -not -path '*/vendor/*' -not -path '*/node_modules/*' -type f -size +0 -printf 'DUMP %T@ %s %p\n' 2>/dev/null | sort -k2,2 -rn | head -n 2000

# Of a crontab only how many lines run something, and whether one drives the scheduler.
for file in "$ROOT"/etc/crontab "$ROOT"/etc/cron.d/* "$ROOT"/var/spool/cron/crontabs/*; do
  [ -f "$file" ] && [ -r "$file" ] || continue
  printf 'CRON %s %s %s\n' "$(grep -cE '^[[:space:]]*[0-9*@]' "$file")" "$(grep -vE '^[[:space:]]*#' "$file" | grep -c 'schedule:run')" "${"$"}{file#"$ROOT"}"
done
[ -d "$ROOT/var/spool/cron/crontabs" ] && [ ! -r "$ROOT/var/spool/cron/crontabs" ] && echo 'UNSEEN /var/spool/cron/crontabs'
for file in "$ROOT"/var/log/nginx/error.log "$ROOT"/var/log/mysql/error.log; do [ -f "$file" ] && echo "LOG ${"$"}{file#"$ROOT"}"; done
exit 0`;

/**
 * What a machine says about itself, line by line, for `readFacts`. Reads as the present user and changes nothing.
 * @throws {Failure} host-unreachable, service-failed
 */
export async function lookAtMachine(host: Host, root: string, signal: AbortSignal): Promise<string> {
  const env = { ROOT: root === "/" ? "" : root.replace(/\/+$/, ""), READABLE: readableSettings.join("|") };
  return await askHost(host, text, { env, signal, timeoutMs: 30_000, maxOutputBytes: 4 * 1024 * 1024 });
}
