import { mkdtempSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { format, inspect } from "node:util";
import pino from "pino";
import { afterAll, afterEach, beforeEach, describe, expect, test, vi } from "vitest";
import { isSecretReference, Secret, secretSchema } from "./secret.ts";
import { say } from "./message.ts";
import { Failure } from "./failure.ts";

const value = "hunter2-öäü";
const folder = mkdtempSync(join(tmpdir(), "ampel-secret-"));
afterAll(() => rmSync(folder, { recursive: true, force: true }));

describe("a secret never shows itself", () => {
  const file = join(folder, "value");
  writeFileSync(file, value);
  vi.stubEnv("AMPEL_TEST_SECRET", value);
  afterAll(() => vi.unstubAllEnvs());

  const ways: [string, (secret: Secret) => unknown][] = [
    ["a template", (secret) => `key ${String(secret)}`],
    ["joining", (secret) => [secret].join()],
    ["adding", (secret) => "key " + (secret as unknown as string)],
    ["JSON", (secret) => JSON.stringify({ deep: [{ secret }] })],
    ["inspect", (secret) => inspect(secret)],
    ["inspect of everything", (secret) => inspect({ secret }, { showHidden: true, depth: 9, getters: true })],
    ["inspect without custom code", (secret) => inspect(secret, { customInspect: false, showHidden: true })],
    ["format", (secret) => ["%s", "%o", "%O", "%j", "%d"].map((pattern) => format(pattern, secret))],
    ["its own keys", (secret) => [Object.entries(secret), Reflect.ownKeys(secret), Object.assign({}, secret)]],
    ["structured clone", (secret) => inspect(structuredClone(secret))],
    ["an error that names it", (secret) => inspect(new Error(`failed with ${String(secret)}`, { cause: secret }))],
    [
      "the log",
      (secret) => {
        let written = "";
        pino({}, { write: (line: string) => (written += line) }).info({ secret, deep: { secret } }, "with %s and %o", secret, { secret });
        return written;
      },
    ],
  ];
  test.each(ways)("through %s", (_, show) => {
    for (const reference of ["${env:AMPEL_TEST_SECRET}", `\${file:${file}}`]) {
      const secret = new Secret(reference);
      expect(secret.reveal()).toBe(value);
      expect(JSON.stringify(show(secret))).not.toContain("hunter2");
    }
  });

  test("printing it with console says that it is one", () => {
    const lines: unknown[] = [];
    const write = vi.spyOn(process.stdout, "write").mockReturnValue(true);
    const spy = vi.spyOn(console, "log").mockImplementation((...given: unknown[]) => lines.push(format(...given)));
    console.log(new Secret("${env:AMPEL_TEST_SECRET}"), { secret: new Secret("${env:AMPEL_TEST_SECRET}") });
    spy.mockRestore();
    write.mockRestore();
    expect(lines).toEqual(["[secret] { secret: [secret] }"]);
  });
});

describe("revealing", () => {
  beforeEach(() => vi.stubEnv("AMPEL_TEST_SECRET", "first"));
  afterEach(() => vi.unstubAllEnvs());

  test("a rotated secret is read anew", () => {
    const secret = new Secret("${env:AMPEL_TEST_SECRET}");
    expect(secret.reveal()).toBe("first");
    vi.stubEnv("AMPEL_TEST_SECRET", "second");
    expect(secret.reveal()).toBe("second");
  });

  test("a file's last line break does not belong to it", () => {
    writeFileSync(join(folder, "line"), "token\n");
    expect(new Secret(`\${file:${join(folder, "line")}}`).reveal()).toBe("token");
  });

  test("a credential is read from the folder systemd gave", () => {
    writeFileSync(join(folder, "pager"), "from systemd");
    vi.stubEnv("CREDENTIALS_DIRECTORY", folder);
    expect(new Secret("${credential:pager}").reveal()).toBe("from systemd");
  });

  test.each([
    ["${env:AMPEL_TEST_NOT_SET}", "AMPEL_TEST_NOT_SET"],
    [`\${file:${folder}/nothing}`, "ENOENT"],
    [`\${file:${folder}}`, "EISDIR"],
    ["${credential:nothing}", "ENOENT"],
  ])("%s is missing: a failure that names the place and the next step", (reference, named) => {
    const reveal = (): string => new Secret(reference).reveal();
    expect(reveal).toThrow(Failure);
    try {
      reveal();
    } catch (error) {
      const failure = error as Failure;
      expect(failure.code).toBe("secret-missing");
      expect(say(failure.what, "de")).toContain(named);
      expect(say(failure.nextStep, "de")).toContain(reference);
    }
  });

  test("an empty variable is a missing one", () => {
    vi.stubEnv("AMPEL_TEST_SECRET", "");
    expect(() => new Secret("${env:AMPEL_TEST_SECRET}").reveal()).toThrow(Failure);
  });
});

test("only a reference is accepted in the configuration, never a value", () => {
  const accepted = ["${env:KEY}", "${file:/etc/key}", "${credential:key}"];
  const refused = ["hunter2", "", "$KEY", "${KEY}", "${env:}", "x${env:KEY}", "${env:KEY}x", "${vault:key}", 7, null];
  expect(accepted.every((text) => isSecretReference(text) && secretSchema.parse(text).reference === text)).toBe(true);
  expect(refused.filter((text) => secretSchema.safeParse(text).success)).toEqual([]);
});
