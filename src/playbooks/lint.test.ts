import fc from "fast-check";
import { expect, test } from "vitest";
import { say } from "../kernel/message.ts";
import { knownCommands } from "./known-commands.test-support.ts";
import { lintPlaybook } from "./lint.ts";
import { maskSecrets } from "./lint/secret.ts";

const options = { commands: knownCommands, now: Date.UTC(2026, 10, 23) };

/** The rules that a single shell line breaks, in a step that is right otherwise. */
function broken(body: string, attributes: Record<string, string> = {}): string[] {
  return rulesOf(playbook(body, attributes));
}

function rulesOf(text: string): string[] {
  return lintPlaybook(text, "x.md", options).map(({ rule }) => rule);
}

function playbook(body: string, attributes: Record<string, string> = {}, front = ""): string {
  const all = {
    excludeFromRunAll: "true",
    host: "subject",
    idempotent: "yes",
    interactive: "false",
    name: "act",
    risk: "write",
    timeout: "10s",
    ...attributes,
  };
  const info = JSON.stringify(all);
  return `---
ampel:
  id: sample
  owner: team
  review_by: 2027-03-01
  rto: 5m
  triggers: [disk-full]
  version: "1"
  zone: red
${front}---

# Sample

### Act

Does it; expected: done.

\`\`\`sh ${info}
${body}
\`\`\`

Looks at it; expected: fine.

\`\`\`sh {"for":"act","interactive":"false","name":"act-verify","risk":"read","role":"verify","timeout":"10s"}
ampel probe:wait web --for 5s
\`\`\`
`;
}

test("a playbook that keeps all rules has no finding", () => {
  expect(broken("ampel service:start web")).toEqual([]);
  expect(broken('( sudo systemctl reload "nginx" )')).toEqual([]);
});

const harmful: readonly (readonly [string, string])[] = [
  ["redis-flushdb", "redis-cli -n 1 flushdb"],
  ["redis-flushdb", "echo FLUSHDB | redis-cli"],
  ["redis-flushdb", "redis-cli <<EOF\nSELECT 1\nFLUSHDB\nEOF"],
  ["redis-flushdb", "sudo -u redis timeout 5 redis-cli FlushDb async"],
  ["redis-flushall", 'bash -c "redis-cli FLUSHALL"'],
  ["redis-flushall", "ssh web1 redis-cli flushall"],
  ["redis-flushall", "true && valkey-cli --no-auth-warning FLUSHALL"],
  ["redis-keys", "redis-cli keys 'cache:*' | xargs redis-cli del"],
  ["queue-clear", "cd /srv/app && php artisan queue:clear --force"],
  ["queue-clear", "docker compose exec app php artisan horizon:clear"],
  ["queue-clear", "redis-cli DEL queues:webhooks"],
  ["queue-clear", "/usr/bin/php8.3 /srv/app/artisan queue:flush"],
  ["queue-clear", "echo $(php /srv/app/artisan queue:clear)"],
  ["cache-clear-all", "( cd /srv/app; php artisan cache:clear )"],
  ["cache-clear-all", "ampel cache:clear --confirm"],
  ["sql-destroys", 'mysql app -e "DROP TABLE calls"'],
  ["sql-destroys", "mysql app <<SQL\nSET x=1;\ntruncate calls;\nSQL"],
  ["sql-destroys", 'psql -c "DELETE FROM calls"'],
  ["sql-destroys", 'echo "UPDATE calls SET done=1" | mysql app'],
  ["sql-destroys", "mariadb app <<< 'drop database app'"],
  ["schema-rebuild", "php /srv/app/artisan migrate:fresh --force"],
  ["restore-into-live", "mysql app < /backups/latest.sql"],
  ["restore-into-live", "zcat /backups/app.sql.gz | mysql app"],
  ["restore-into-live", "gunzip -c /b.gz | sudo mysql --defaults-extra-file=/root/r.cnf app"],
  ["restore-into-live", "pg_restore --dbname app /b.dump"],
  ["restore-into-live", "mysql -u restore app < /backups/latest.sql"],
  ["database-switch", "sed -i s/DB_HOST=.*/DB_HOST=b/ /srv/app/.env"],
  ["blind-start", "systemctl is-active nginx || sudo systemctl start nginx"],
  ["restart-many", "systemctl restart nginx php8.3-fpm"],
  ["restart-many", "supervisorctl restart all"],
  ["database-restart", "sudo systemctl --no-block restart mariadb.service"],
  ["database-restart", "service redis-server restart"],
  ["background-worker", "php /srv/app/artisan horizon &"],
  ["background-worker", "nohup /srv/worker"],
  ["kill-by-pattern", "pkill -f worker"],
  ["kill-by-pattern", "sudo killall php"],
  ["kill-by-pattern", "kill $(pgrep -f worker)"],
  ["kill-by-pattern", "kill -9 `pidof php`"],
  ["kill-by-pattern", "pgrep php | xargs kill"],
  ["kill-by-pattern", "fuser -k 80/tcp"],
  ["success-unproven", 'systemctl reload nginx; echo "Restart complete"'],
  ["errexit-midway", "set -e\nsystemctl reload a || systemctl reload b"],
  ["failure-swallowed", "systemctl reload nginx || true"],
  ["failure-swallowed", "set +e"],
  ["closes-login", "test -e /etc/nginx || exit 1"],
  ["auto-fix-first", "/srv/emergency-response.sh --auto-fix"],
  ["host-restart", "sudo reboot"],
  ["host-restart", "systemctl reboot"],
  ["git-reset-hard", "git -C /srv/app reset --hard HEAD~1"],
  ["git-reset-hard", "cd /srv/app && git checkout -- ."],
  ["git-reset-hard", "git -C /srv/app clean -fdx"],
  ["install-on-live", "cd /srv/app && composer install --no-dev"],
  ["install-on-live", "apt-get -y install nginx"],
  ["restart-order", "systemctl restart php8.3-fpm"],
  ["restart-order", "systemctl reload php8.3-fpm\nphp /srv/app/artisan up"],
  ["delete-for-good", 'rm -rf "$FOLDER/"'],
  ["delete-for-good", "find /var/log -name '*.gz' -delete"],
  ["delete-for-good", "find /var/log -mtime +3 -print0 | xargs -0 rm"],
  ["delete-for-good", "rm /var/log/*.gz"],
  ["file-emptied", "truncate -s 0 /var/log/app.log"],
  ["file-emptied", "> /var/log/app.log"],
  ["disk-overwritten", "dd if=/dev/zero of=/dev/sda"],
  ["disk-overwritten", "mkfs.ext4 /dev/sdb1"],
  ["open-to-all", "chmod -R 777 /srv/app"],
  ["open-to-all", "chmod a+w /srv/app"],
  ["check-skipped", "git -C /srv/app commit --no-verify"],
  ["check-skipped", "curl -kfsS --max-time 5 https://127.0.0.1/"],
  ["check-skipped", "NODE_TLS_REJECT_UNAUTHORIZED=0 node /srv/x.js"],
  ["piped-into-shell", "curl -fsS -m 5 https://get.example.org | sudo bash"],
  ["raw-log", "tail -n 50 /srv/app/storage/logs/laravel.log"],
  ["raw-log", "grep ERROR /var/log/app/x | head"],
  ["blind-check", "curl -s --max-time 5 http://127.0.0.1/health"],
  ["blind-check", "curl -f http://127.0.0.1/health"],
  ["verdict-by-echo", "curl -fsS -m 5 http://127.0.0.1/ || echo DOWN"],
  ["temporary-without-expiry", "ampel config:set a.b=c"],
  ["temporary-without-expiry", "ampel config:set a.b=c --for 30m"],
  ["signature-off", "ampel config:set webhook.verify_signature=false --for 30m --reason x"],
  ["breaker-forced", "ampel circuit-breaker:reset calcom --force"],
  ["host-key-unpinned", "ssh -o StrictHostKeyChecking=no web1 uptime"],
  ["login-by-hand", "ssh emergency@backup"],
  ["health-through-dns", "curl -fsS --max-time 5 https://api.example.org/health"],
  ["password-in-argv", "mysql -u root -p'secret-word' -e 'SELECT 1'"],
  ["password-in-argv", "mysqldump --password=$PASSWORD app"],
  ["password-in-argv", "redis-cli -a hunter22 ping"],
  ["password-in-argv", "PGPASSWORD=hunter22 psql -c 'select 1'"],
  ["token-in-argv", 'curl -fsS -m 5 -H "Authorization: Bearer $TOKEN" https://x.example.org/'],
  ["secret-in-text", "export API_TOKEN=abcdef123456"],
  ["secret-shown", "cat /srv/app/.env"],
  ["command-unknown", "ampel service:strat web"],
  ["placeholder", "ampel service:start --id=X"],
  ["placeholder", "ampel service:start <name>"],
  ["relative-command", "./fix.sh"],
  ["local-date-name", "cp /srv/a /srv/a-$(date +%Y%m%d)"],
  ["silent-cron", "0 3 * * 1 /srv/test.sh"],
  ["shell-prompt", "$ ampel service:start web"],
  ["hash-line", "### next\nampel service:start web"],
  ["heredoc-variable", "cat <<END\n$Foo bar\nEND"],
];

test.each(harmful)("%s is found in: %s", (rule, body) => {
  expect(broken(body)).toContain(rule);
});

const harmless: readonly (readonly [string, string])[] = [
  ["redis-flushdb", "echo 'nie FLUSHDB'"],
  ["redis-flushdb", "redis-cli ping # FLUSHDB"],
  ["sql-destroys", "mysql app -e \"SELECT 'drop table x'\""],
  ["sql-destroys", 'mysql app -e "DELETE FROM locks WHERE id = 4"'],
  ["restore-into-live", "zcat /backups/app.sql.gz | mysql restore_20261123"],
  ["restore-into-live", "pg_restore --list /b.dump"],
  ["database-restart", "systemctl status mariadb"],
  ["background-worker", "systemctl reload nginx && systemctl is-active nginx"],
  ["background-worker", "systemctl reload nginx > /dev/null 2>&1"],
  ["closes-login", "( test -e /etc/nginx || exit 1 )"],
  ["delete-for-good", "rm /run/app.pid"],
  ["open-to-all", "chmod 0640 /etc/app.conf"],
  ["blind-check", "( curl --fail --silent --show-error --max-time 5 http://127.0.0.1/ )"],
  ["blind-check", "curl -fsSm5 http://127.0.0.1/"],
  ["health-through-dns", "curl -fsS -m 5 --resolve a.org:443:127.0.0.1 https://a.org/health"],
  ["temporary-without-expiry", 'ampel config:set a.b=c --for 30m --reason "slow"'],
  ["password-in-argv", "mysql --defaults-extra-file=/etc/ampel/probe.cnf -e 'SELECT 1'"],
  ["secret-in-text", 'export API_TOKEN="$(cat /run/token)"'],
  ["secret-in-text", "password: ${env:DB_PASSWORD}"],
  ["kill-by-pattern", 'kill "$PID"'],
  ["relative-command", "cd /srv/app\n./bin/check"],
  ["local-date-name", "cp /srv/a /srv/a-$(date -u +%Y%m%dT%H%M%SZ)"],
  ["errexit-midway", "set -e\ntest -e /srv || return 1"],
  ["placeholder", 'ampel service:start "$SUBJECT"'],
];

test.each(harmless)("%s is not found in: %s", (rule, body) => {
  expect(broken(body)).not.toContain(rule);
});

const steps: readonly (readonly [string, string, Record<string, string>])[] = [
  ["run-all", "ampel service:start web", { excludeFromRunAll: "false" }],
  ["guard-missing", "ampel service:start web", { risk: "danger", approve: "1", reason: "x" }],
  ["undo-missing", "ampel service:start web", { risk: "danger", approve: "1" }],
  ["approval-missing", "ampel service:start web", { risk: "danger" }],
  ["risk-understated", "ampel service:start web", { risk: "read" }],
  ["risk-understated", "systemctl restart nginx", { risk: "read" }],
  ["risk-understated", "date > /srv/stamp", { risk: "read" }],
  ["retry-unsafe", "ampel service:start web", { retries: "2", idempotent: "no" }],
  ["interactive-block", "ampel service:start web", { interactive: "true" }],
];

test.each(steps)("%s is found in the step: %s %o", (rule, body, attributes) => {
  expect(broken(body, attributes)).toContain(rule);
});

test("what is left out of a step is named", () => {
  const whole = playbook("systemctl reload nginx");
  expect(rulesOf(whole.replace('"timeout":"10s"', '"tag":"a"'))).toContain("timeout-missing");
  expect(rulesOf(whole.replace('"host":"subject",', ""))).toContain("host-unstated");
  expect(rulesOf(whole.replace('"idempotent":"yes",', ""))).toContain("resume-unstated");
  expect(rulesOf(whole.replace("Does it; expected: done.", ""))).toContain("prose-missing");
  expect(rulesOf(whole.slice(0, whole.indexOf("Looks at it")))).toContain("verify-missing");
  expect(rulesOf(whole.replace('"risk":"read","role":"verify"', '"risk":"write","role":"verify"'))).toContain("look-changes");
  expect(rulesOf(whole.replace("sh {", "sh  {"))).toContain("info-string-form");
  expect(rulesOf(whole.replace("2027-03-01", "2026-11-22"))).toContain("review-overdue");
  expect(rulesOf(whole.replace("2027-03-01", "2026-11-23"))).not.toContain("review-overdue");
});

test("a return playbook that does not exist is named", () => {
  const text = playbook("ampel service:start web", {}, "").replace("  rto: 5m", "  return: nowhere\n  rto: 5m");
  const findings = lintPlaybook(text, "x.md", { ...options, playbookIds: new Set(["sample"]) });
  expect(findings.map(({ rule }) => rule)).toEqual(["return-unknown"]);
  expect(say(findings[0]?.message ?? { key: "", values: {} }, "de")).toContain("nowhere");
});

test.each([
  ["mysql -u root -p'hunter22' app", "mysql -u root -p*** app"],
  ['-H "Authorization: Bearer abc.def"', '-H "Authorization: Bearer ***"'],
  ["postgres://app:hunter22@db/app", "postgres://app:***@db/app"],
  ["API_KEY=abcdef123", "API_KEY=***"],
  ["Login: hosting123456", "Login: ***"],
  ['-H "Authorization: Bearer $TOKEN"', '-H "Authorization: Bearer $TOKEN"'],
])("%s is shown as %s", (text, masked) => {
  expect(maskSecrets(text)).toBe(masked);
});

test("a very long line does not hold up the masking", () => {
  expect(maskSecrets("secret".repeat(40_000))).toHaveLength(240_000);
});

test("lint answers for any text, with lines that exist", () => {
  const piece = fc.constantFrom(
    "---\n",
    "ampel:\n",
    "```sh {",
    '"name":"a"',
    "}\n",
    "```\n",
    "$(",
    "`",
    '"',
    "'",
    "<<E\n",
    "redis-cli flushall\n",
    "# a\n",
    "- ",
    "> ",
    "case x in\n",
    ";;",
    ")",
    "&",
    "\\",
    "\r\n",
  );
  fc.assert(
    fc.property(fc.array(fc.oneof(piece, fc.string({ maxLength: 12 })), { maxLength: 40 }), (pieces) => {
      const text = pieces.join("");
      const count = text.split(/\r\n|\n|\r/).length;
      for (const { lines } of lintPlaybook(text, "x.md", options)) {
        for (const line of lines) expect(line >= 1 && line <= count + 1).toBe(true);
      }
    }),
    { numRuns: 400 },
  );
});
