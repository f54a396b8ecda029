import fc from "fast-check";
import { expect, test } from "vitest";
import { listTargets, parseCrontab, type CronTarget } from "./cron-table.ts";
import { parseTimers } from "./cron-timers.ts";

const named = (command: string): string[] => listTargets(command).map(({ kind, name }: CronTarget) => `${kind} ${name}`);

test.each<[string, string[]]>([
  ["/usr/local/bin/backup.sh >/dev/null 2>&1", ["program /usr/local/bin/backup.sh"]],
  [
    "cd /var/www/gateway && php artisan schedule:run >> /dev/null 2>&1",
    ["folder /var/www/gateway", "program php", "script /var/www/gateway/artisan"],
  ],
  ["cd /srv && ./run.sh", ["folder /srv", "program /srv/run.sh"]],
  ["bash -c '/opt/a.sh && /opt/b.sh'", ["program bash", "program /opt/a.sh", "program /opt/b.sh"]],
  ["flock -n /run/lock/x /opt/sync --all", ["program flock", "program /opt/sync"]],
  ["flock -n /run/lock/x -c '/opt/sync'", ["program flock", "program /opt/sync"]],
  [
    "timeout -k 5 30 nice -n 10 sudo -u www-data php8.3 /srv/app/cron.php",
    ["program timeout", "program nice", "program sudo", "program php8.3", "script /srv/app/cron.php"],
  ],
  ["APP_ENV=prod MAILTO=x /opt/job", ["program /opt/job"]],
  [
    "test -x /usr/sbin/anacron || ( cd / && run-parts --report /etc/cron.daily )",
    ["folder /", "program run-parts", "folder /etc/cron.daily"],
  ],
  ["[ -x /usr/lib/php/sessionclean ] && if [ ! -d /run/systemd/system ]; then /usr/lib/php/sessionclean; fi", []],
  ["command -v debian-sa1 > /dev/null && debian-sa1 1 1", []],
  ['/opt/"with blank"/job', ["program /opt/"]],
  ["echo hello | /opt/mailer", ["program /opt/mailer"]],
  ["$HOME/bin/job", []],
  ["python3 -m http.server", ["program python3"]],
  ["php -r 'echo 1;'", ["program php"]],
  ["for f in a b; do /opt/each $f; done", []],
])("%s stands on %j", (command, wanted) => {
  const found = named(command);
  for (const one of wanted) expect(found.some((target) => target.startsWith(one))).toBe(true);
  expect(found.length).toBeGreaterThanOrEqual(wanted.length);
  if (wanted.length === 0 && !command.startsWith("for")) expect(found).toEqual([]);
});

test("a crontab's lines, settings and faults are read", () => {
  const text = [
    "# note",
    "PATH=/opt/bin:/bin",
    'MAILTO="a@b"',
    "*/5 * * * * www-data /opt/job 50\\% %input",
    "@daily root /opt/daily",
    "0 3 * * mon-fri root run",
    "61x * * * * root broken",
    "5 4 * * *  onlyuser",
    "",
  ].join("\n");
  const { entries, faults } = parseCrontab("/etc/cron.d/it", text, true);
  expect(entries).toEqual([
    { file: "/etc/cron.d/it", line: 4, user: "www-data", command: "/opt/job 50% ", path: "/opt/bin:/bin" },
    { file: "/etc/cron.d/it", line: 5, user: "root", command: "/opt/daily", path: "/opt/bin:/bin" },
    { file: "/etc/cron.d/it", line: 6, user: "root", command: "run", path: "/opt/bin:/bin" },
  ]);
  expect(faults).toEqual([
    { file: "/etc/cron.d/it", line: 7, fault: "schedule" },
    { file: "/etc/cron.d/it", line: 8, fault: "command-missing" },
  ]);
  expect(parseCrontab("u", "* * * * * cd /x && ./y", false).entries[0]).toMatchObject({ command: "cd /x && ./y" });
});

test("any text at all is read in time and without an error", () => {
  fc.assert(
    fc.property(
      fc.string({ maxLength: 300 }),
      fc.boolean(),
      (text, hasUser) => void parseCrontab("f", text, hasUser).entries.map(({ command }) => listTargets(command)),
    ),
  );
  const startedMs = performance.now();
  for (const piece of ["*,", "a-", "* ", "\\", "(", "'"]) {
    parseCrontab("f", piece.repeat(20_000), true).entries.map(({ command }) => listTargets(command));
  }
  expect(performance.now() - startedMs).toBeLessThan(2_000);
});

test("timers: what they start must exist and have succeeded; inactive timers are nobody's fault", () => {
  const printed = [
    "T Id=good.timer",
    "T LoadState=loaded",
    "T ActiveState=active",
    "T Unit=good.service",
    "T ",
    "T Id=bad.timer",
    "T LoadState=loaded",
    "T ActiveState=active",
    "T Unit=bad.service",
    "T ",
    "T Id=gone.timer",
    "T LoadState=loaded",
    "T ActiveState=active",
    "T Unit=gone.service",
    "T ",
    "T Id=off.timer",
    "T LoadState=loaded",
    "T ActiveState=inactive",
    "T Unit=off.service",
    "S Id=good.service",
    "S LoadState=loaded",
    "S Result=success",
    "S ExecMainStatus=0",
    "S ExecStart={ path=/bin/true ; argv[]=/bin/true ; }",
    "S ",
    "S Id=bad.service",
    "S LoadState=loaded",
    "S Result=exit-code",
    "S ExecMainStatus=3",
    "S ",
    "S Id=gone.service",
    "S LoadState=not-found",
    "S Result=success",
  ].join("\n");
  expect(parseTimers(printed)).toEqual({
    count: 3,
    programs: [{ unit: "good.service", program: "/bin/true" }],
    faults: [
      { timer: "bad.timer", unit: "bad.service", fault: "failed", result: "exit-code 3" },
      { timer: "gone.timer", unit: "gone.service", fault: "absent", result: "not-found" },
    ],
  });
});
