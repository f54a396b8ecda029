import { existsSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import { afterAll, beforeAll, describe, expect, test } from "vitest";
import { breakGround, until, type Ground } from "./harness.ts";

const library = "/usr/lib/x86_64-linux-gnu/faketime/libfaketime.so.1";

describe.skipIf(!existsSync(library))("with a clock that jumps (sudo apt-get install libfaketime)", () => {
  let ground: Ground;
  beforeAll(() => {
    ground = breakGround();
  });
  afterAll(() => ground.clear());

  const waitMs = 6000;
  test("a wait of six seconds ends on time, one hour forwards or backwards, and the jump is reported", async () => {
    const server = ground.drive(); // the store's server keeps the right time
    await server.hear("ready", 30_000);
    const jumped = ["+3600", "-3600"].map((jump) => {
      const setting = join(ground.folder, `clock${jump}`);
      writeFileSync(setting, "+0");
      const env = { LD_PRELOAD: library, FAKETIME_TIMESTAMP_FILE: setting, FAKETIME_NO_CACHE: "1", FAKETIME_DONT_FAKE_MONOTONIC: "1" };
      return {
        jump,
        setting,
        id: `run${jump}`,
        driver: ground.drive({ runs: [`run${jump}`], scene: { steps: 2, waitAfter: 1, waitMs } }, { env }),
      };
    });
    for (const { id, setting, jump } of jumped) {
      await until(() => ground.readEffects().some(({ key, phase }) => key.startsWith(`${id}:`) && phase === "ended"), 30_000);
      setTimeout(() => writeFileSync(setting, jump), 1000);
    }
    for (const { jump, driver } of jumped) {
      const { value } = (await driver.hear("result", 30_000)) as unknown as { value: { waitedMs: number } };
      expect(value.waitedMs, jump).toBeGreaterThan(waitMs - 1000);
      expect(value.waitedMs, jump).toBeLessThan(waitMs + 2000);
      const drift = (await driver.hear("drift")) as unknown as { jumpMs: number };
      expect(Math.round(drift.jumpMs / 1000)).toBe(Number(jump));
      console.log(JSON.stringify({ figure: `wait of ${waitMs} ms with a jump of ${jump} s`, ms: value.waitedMs }));
    }
  }, 60_000);
});
