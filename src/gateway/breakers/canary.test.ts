import { afterAll, afterEach, beforeAll, expect, test } from "vitest";
import { systemClock } from "../../kernel/clock.ts";
import { Secret } from "../../kernel/secret.ts";
import { startCalcom, type CalcomStandIn } from "../../sandbox/vendors/calcom.ts";
import { startRetell, type RetellStandIn } from "../../sandbox/vendors/retell.ts";
import { startTwilio, type TwilioStandIn } from "../../sandbox/vendors/twilio.ts";
import type { Vendor } from "../vendors/vendor.ts";
import type { VendorKey } from "../vendors/vendor-access.ts";
import { defaultBreakerPolicy } from "./breaker.ts";
import { canaryJob, lookAtVendor } from "./canary.ts";
import { openBreakers } from "./keep-breakers.ts";

let standIns: { retell: RetellStandIn; calcom: CalcomStandIn; twilio: TwilioStandIn };
beforeAll(async () => {
  standIns = {
    retell: await startRetell({ key: "key_test" }),
    calcom: await startCalcom({ key: "cal_test" }),
    twilio: await startTwilio({ authToken: "token_test" }),
  };
  Object.assign(process.env, { CANARY_RETELL: "key_test", CANARY_CALCOM: "cal_test", CANARY_TWILIO: "token_test", CANARY_WRONG: "x" });
});
afterEach(() => {
  for (const standIn of Object.values(standIns)) standIn.faults.clear();
});
afterAll(async () => {
  await Promise.all(Object.values(standIns).map((standIn) => standIn.close()));
});

const access = (vendor: Vendor, key = `CANARY_${vendor.toUpperCase()}`): VendorKey => ({
  baseUrl: standIns[vendor].url,
  key: new Secret(`\${env:${key}}`),
  account: standIns.twilio.accountSid,
});
const look = (vendor: Vendor, key?: string): ReturnType<typeof lookAtVendor> =>
  lookAtVendor(vendor, access(vendor, key), systemClock, AbortSignal.timeout(10_000));

test.each(["retell", "calcom", "twilio"] as const)("%s: well, down, and a key that is refused", async (vendor) => {
  expect(await look(vendor)).toMatchObject({ isWell: true, verdict: "ok", what: "HTTP 200" });
  standIns[vendor].faults.set({ kind: "down" });
  expect(await look(vendor)).toMatchObject({ isWell: false, verdict: "failed" });
  standIns[vendor].faults.set({ kind: "error", status: 503 });
  expect(await look(vendor)).toMatchObject({ isWell: false, verdict: "failed", what: "HTTP 503" });
  standIns[vendor].faults.clear();
  expect(await look(vendor, "CANARY_WRONG")).toMatchObject({ isWell: false, verdict: "ours", what: "HTTP 401" });
});

test("a breaker closes by itself when the vendor is back, though every caller is served from the fallback", async () => {
  const policy = { ...defaultBreakerPolicy, coolDownMs: 50, longestCoolDownMs: 50 };
  const breakers = await openBreakers({ pool: undefined, clock: systemClock, settings: { policy } });
  try {
    const failing = async (): Promise<never> => {
      throw Object.assign(new Error("Bad Gateway"), { status: 502 });
    };
    for (let call = 0; call < 5; call += 1) await breakers.run("calcom", failing, AbortSignal.timeout(1000)).catch(() => {});
    const job = canaryJob(breakers, access, { take: async () => {} });
    standIns.calcom.faults.set({ kind: "error", status: 500 });
    await systemClock.sleep(60);
    await job.run(AbortSignal.timeout(5000));
    expect(breakers.state("calcom")).toBe("open");
    const asked = standIns.calcom.exchanges.length;
    await job.run(AbortSignal.timeout(5000)); // within the pause nobody asks
    expect(standIns.calcom.exchanges.length).toBe(asked);
    standIns.calcom.faults.clear();
    await systemClock.sleep(60);
    await job.run(AbortSignal.timeout(5000));
    expect(breakers.state("calcom")).toBe("closed");
  } finally {
    await breakers.close();
  }
});
