/**
 * The shell text that looks after one process by its pid file. Environment: PIDFILE, LOGFILE, CWD, GRACE_TENTHS, ACT, STOP_ARGC;
 * arguments: the stop command, then the start command. Exit 75 = another hand is at it (sysexits.h, EX_TEMPFAIL).
 *
 * Who is meant: `$PIDFILE.identity` holds pid, start tick and boot id as noted by the child itself before it became the service. A pid file
 * written by somebody else counts when the process began before the file was written: a recycled pid began later.
 */
export const findProcessText = `
boot=$(cat /proc/sys/kernel/random/boot_id)
find_process() {
  pid=; letter=; why=absent; tick=
  [ -r "$PIDFILE" ] || return 0
  read -r pid _ <"$PIDFILE" || :
  case $pid in ''|*[!0-9]*) why=garbage; pid=; return 0 ;; esac
  stat=; { read -r stat <"/proc/$pid/stat"; } 2>/dev/null || { why=gone; return 0; }
  set -- \${stat##*)}
  letter=$1; tick=\${20}
  case $letter in Z|X|x) why=exited; return 0 ;; esac
  known=; [ ! -r "$PIDFILE.identity" ] || read -r known <"$PIDFILE.identity" || :
  case $known in
    "$pid $tick $boot") ;;
    "$pid "*) why=recycled; return 0 ;;
    *)
      written=$(stat -c %Y "$PIDFILE" 2>/dev/null || echo 0)
      booted=$(sed -n 's/^btime //p' /proc/stat)
      if [ $((booted + tick / $(getconf CLK_TCK))) -gt $((written + 2)) ]; then why=recycled; return 0; fi ;;
  esac
  why=alive
}`;

export const lookText = `${findProcessText}
find_process
printf 'Why=%s\\nPid=%s\\nLetter=%s\\n' "$why" "$pid" "$letter"
if [ "$why" = alive ]; then
  booted=$(sed -n 's/^btime //p' /proc/stat)
  printf 'Since=%s\\n' $((booted + tick / $(getconf CLK_TCK)))
else
  { tail -c 2000 "$LOGFILE" 2>/dev/null | tail -n 5 | cut -c 1-400 | tr -d '\\000' | sed 's/^/Line=/'; } || :
fi`;

export const actText = `${findProcessText}
stop_words=("\${@:1:$STOP_ARGC}"); start_words=("\${@:$((STOP_ARGC + 1))}")
mkdir -p "$(dirname "$PIDFILE")"
exec 9>"$PIDFILE.lock"
flock -n 9 || { echo "another hand is starting or stopping it" >&2; exit 75; }

# The identity is looked at before every signal: the process may end, and its number be given to another, at any moment.
send() {
  find_process
  [ "$why" = alive ] || return 0
  group=$(ps -o pgid= -p "$pid" | tr -d ' ' || :)
  if [ "$group" = "$pid" ]; then kill -s "$1" -- "-$pid" 2>/dev/null || :; else kill -s "$1" "$pid" 2>/dev/null || :; fi
}
stop_it() {
  find_process
  if [ "$why" != alive ]; then echo "not running ($why)"; return 0; fi
  old=$pid
  if [ "$letter" = T ] || [ "$letter" = t ]; then
    # Stopped by a signal: it cannot hear a request to end.
    send KILL
  elif [ "$STOP_ARGC" -gt 0 ]; then
    (cd "$CWD"; exec 9>&-; "\${stop_words[@]}" </dev/null) || echo "stop command failed with $?"
  else
    send TERM
  fi
  for ((turn = 0; turn < GRACE_TENTHS; turn++)); do
    find_process
    [ "$why" = alive ] || break
    sleep 0.1
  done
  if [ "$why" = alive ]; then echo "killed after $((GRACE_TENTHS / 10)) s"; send KILL; fi
  for ((turn = 0; turn < 20; turn++)); do
    find_process
    [ "$why" = alive ] || break
    sleep 0.05
  done
  if [ "$why" = alive ]; then echo "pid $old does not end" >&2; exit 1; fi
  echo "stopped pid $old"
}
start_it() {
  find_process
  if [ "$why" = alive ]; then echo "already running with pid $pid"; return 0; fi
  rm -f "$PIDFILE" "$PIDFILE.identity"
  cd "$CWD"
  # The child notes its own pid before it becomes the service: there is no moment in which it runs unknown.
  PIDFILE="$PIDFILE" BOOT="$boot" setsid bash -c '
    exec 9>&-
    read -r stat </proc/$$/stat; set -- "$#" "$@"; count=$1; shift
    words=("$@"); set -- \${stat##*)}
    printf "%s %s %s\\n" "$$" "\${20}" "$BOOT" >"$PIDFILE.identity.$$"; mv -f "$PIDFILE.identity.$$" "$PIDFILE.identity"
    printf "%s\\n" "$$" >"$PIDFILE.$$"; mv -f "$PIDFILE.$$" "$PIDFILE"
    unset BOOT
    exec env -u AMPEL_COMMAND -u PIDFILE -u LOGFILE -u CWD -u GRACE_TENTHS -u ACT -u STOP_ARGC "\${words[@]}"
  ' start "\${start_words[@]}" >>"$LOGFILE" 2>&1 </dev/null 9>&- &
  for ((turn = 0; turn < 100; turn++)); do
    [ ! -s "$PIDFILE" ] || break
    sleep 0.02
  done
  find_process
  if [ "$why" != alive ]; then tail -n 3 "$LOGFILE" >&2 || :; echo "it ended at once ($why)" >&2; exit 1; fi
  echo "started with pid $pid"
}
case $ACT in
  start) start_it ;;
  stop) stop_it ;;
  restart) stop_it; start_it ;;
  reload) find_process; if [ "$why" != alive ]; then echo "not running ($why)" >&2; exit 1; fi; kill -s HUP "$pid"; echo "sent SIGHUP to $pid" ;;
esac`;
