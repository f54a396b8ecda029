/**
 * One look at everything that tells of changes on a host. Environment: SINCE (epoch seconds), RELEASES, CONFIGURATION,
 * CERTIFICATES, PLAYBOOKS (one path a line). Prints a tagged line per fact, tab-separated; a part that cannot be read says `BLIND`.
 */
export const lookText = `
# Each part stands for itself: one that fails must not silence the others.
set +eu +o pipefail
blind() { printf 'BLIND\\t%s\\t%s\\n' "$1" "$2"; }
each_line() { while IFS= read -r line; do [ -z "$line" ] || printf '%s\\n' "$line"; done <<<"$1"; }
printf 'ZONE\\t%s\\n' "$(date +%z)"
# A container boots later than its machine: systemd knows its own beginning, and when all that belongs to it had started.
booted=$(systemctl --timestamp=unix show -p UserspaceTimestamp --value 2>/dev/null) || booted=
started=$(systemctl --timestamp=unix show -p FinishTimestamp --value 2>/dev/null) || started=
booted=\${booted#@}; started=\${started#@}
[ -n "$booted" ] || booted=$(sed -n 's/^btime //p' /proc/stat)
[ -n "$started" ] || started=$((booted + 120))
printf 'BOOT\\t%s\\n' "$booted"

each_line "$RELEASES" | while IFS= read -r path; do
  if [ -L "$path" ]; then
    printf 'LINK\\t%s\\t%s\\t%s\\n' "$(stat -c %Y -- "$path")" "$path" "$(readlink -- "$path")"
    [ -d "$path/" ] || blind release "$path leads to nothing"
  elif [ -r "$path/.git/logs/HEAD" ]; then
    # An entry: old new name <mail> seconds zone TAB what was done
    tail -n 20 "$path/.git/logs/HEAD" | sed -n 's/^[0-9a-f]* \\([0-9a-f]\\{10\\}\\)[0-9a-f]* .*> \\([0-9]*\\) [-+0-9]*\\t\\(.*\\)$/\\2\\t\\1\\t\\3/p' |
      while IFS=$'\\t' read -r at commit did; do [ "$at" -lt "$SINCE" ] || printf 'GIT\\t%s\\t%s\\t%s\\t%s\\n' "$at" "$path" "$commit" "$did"; done
  elif [ -e "$path" ]; then printf 'LINK\\t%s\\t%s\\t\\n' "$(stat -c %Y -- "$path")" "$path"
  else blind release "$path is not there"
  fi
done

changed_files() {
  each_line "$2" | while IFS= read -r path; do
    if [ ! -e "$path" ]; then blind "$1" "$path is not there"; continue; fi
    if [ -d "$path" ] && [ ! -r "$path" ]; then blind "$1" "$path is not readable"; continue; fi
    { timeout 3 find -H "$path" -maxdepth 4 -type f ! -name '*.swp' ! -name '*~' ! -name ld.so.cache \\( -newermt "@$SINCE" -o -newerct "@$SINCE" \\) -printf "FILE\\t$1\\t%T@\\t%C@\\t%p\\n" 2>/dev/null || [ $? -ne 124 ] || blind "$1" "$path is too large"; } |
      awk -v kind="$1" -v path="$path" 'NR <= 2000 { print } END { if (NR > 2000) printf "BLIND\\t%s\\t%d more changed files in %s\\n", kind, NR - 2000, path }'
  done
}
changed_files configuration "$CONFIGURATION"
changed_files playbook "$PLAYBOOKS"

# What was changed with its old time kept (cp -p, rsync -t) shows in its content only.
each_line "$CONFIGURATION" | while IFS= read -r path; do
  [ ! -e "$path" ] || timeout 3 find -H "$path" -maxdepth 4 -type f ! -name ld.so.cache -readable -size -256k -print0 2>/dev/null || :
done | head -z -n 1500 | { timeout 3 xargs -0 -r sha256sum -- 2>/dev/null || :; } | sed -n 's/^\\([0-9a-f]\\{16\\}\\)[0-9a-f]*  \\(.*\\)$/HASH\\t\\1\\t\\2/p'

for path in /etc/crontab /etc/cron.d /etc/cron.hourly /etc/cron.daily /etc/cron.weekly /etc/cron.monthly /var/spool/cron/crontabs; do
  [ -e "$path" ] || continue
  if [ -r "$path" ]; then find "$path" -maxdepth 1 ! -name .placeholder \\( -newermt "@$SINCE" -o -newerct "@$SINCE" \\) -printf 'FILE\\tcron\\t%T@\\t%C@\\t%p\\n'
  else blind cron "$path is not readable"; fi
done

if [ -r /var/log/dpkg.log ]; then
  from=$(date -d "@$SINCE" '+%Y-%m-%d %H:%M:%S')
  for log in /var/log/dpkg.log.1 /var/log/dpkg.log; do
    [ ! -r "$log" ] || awk -v from="$from" '($1 " " $2) >= from && $3 ~ /^(install|upgrade|remove|purge)$/ { printf "PACKAGE\\t%s %s\\t%s\\t%s\\t%s\\n", $1, $2, $3, $4, $6 }' "$log"
  done | tail -n 1000
elif [ -e /var/lib/dpkg ]; then blind package '/var/log/dpkg.log is not readable'
else blind package 'no package log is known here'; fi

if units=$(systemctl --no-pager --timestamp=unix show -p Id,ActiveEnterTimestamp,ActiveState,NRestarts '*.service' 2>&1); then
  printf '%s\\n' "$units" | awk -F= -v since="$SINCE" -v started="$started" '
    function tell() { at = substr(entered, 2) + 0; if (state == "active" && at >= since && at > started + 2) printf "UNIT\\t%d\\t%s\\t%s\\n", at, id, restarts }
    /^$/ { tell(); id = ""; entered = ""; state = ""; restarts = "" }
    $1 == "Id" { id = $2 } $1 == "ActiveEnterTimestamp" { entered = $2 } $1 == "ActiveState" { state = $2 } $1 == "NRestarts" { restarts = $2 }
    END { tell() }'
else blind unit "$(printf '%s' "$units" | head -n 1 | cut -c 1-120)"; fi

# Only the first certificate of a file is shown, never a key beside it. What was issued since then was also written since then.
each_line "$CERTIFICATES" | while IFS= read -r path; do
  if [ ! -e "$path" ]; then blind certificate "$path is not there"; continue; fi
  { if [ -d "$path" ]; then find -L "$path" -maxdepth 3 -type f -newerct "@$SINCE" \\( -name '*.pem' -o -name '*.crt' \\) ! -name 'privkey*' ! -name 'chain*' 2>/dev/null | head -n 50; else printf '%s\\n' "$path"; fi; } |
    while IFS= read -r file; do
      block=$(sed -n '/^-----BEGIN \\(TRUSTED \\)\\{0,1\\}CERTIFICATE-----/,/^-----END/{p;/^-----END/q}' "$file" 2>/dev/null | head -c 16384 | base64 -w0)
      if [ -n "$block" ]; then printf 'CERTIFICATE\\t%s\\t%s\\n' "$block" "$file"
      elif [ "$file" = "$path" ]; then blind certificate "$path is no readable certificate"; fi
    done
done`;
