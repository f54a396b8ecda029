import { expect, test } from "vitest";
import { callRoutes } from "./call-routes.ts";
import { signedRequest, testDesks, testGateway, wednesday } from "./calls.test-support.ts";

test("a ringing call is answered with the date, the hours, the company and the mode", async () => {
  const gateway = testGateway();
  const request = signedRequest("/retell/inbound", {
    event: "call_inbound",
    call_inbound: { from_number: "+4915112345678", to_number: "+4930111111", agent_id: "agent_1" },
  });
  const answer = (await (await callRoutes(gateway, testDesks()).fetch(request)).json()) as {
    call_inbound: { dynamic_variables: Record<string, string> };
  };
  expect(answer.call_inbound.dynamic_variables).toMatchObject({
    current_date: "2026-11-25",
    current_weekday: "Mittwoch",
    current_time: "10:00",
    tomorrow_date: "2026-11-26",
    company_name: "Salon eins",
    branch_name: "Mitte",
    opening_hours_today: "von 9 Uhr bis 18 Uhr",
    is_open_now: "true",
    gateway_mode: "normal",
    mode_notice: "",
  });
  expect(Object.values(answer.call_inbound.dynamic_variables).every((value) => typeof value === "string")).toBe(true);
  expect(gateway.kept).toMatchObject([{ provider: "retell", eventType: "call_inbound", verdict: "verified" }]);
});

test.each([
  ["the switch is on", { switches: { isOn: (key: string) => key === "retell.fallback_mode" } }],
  [
    "Cal.com is not called any more",
    { breakers: { state: () => "open" as const, run: async () => await Promise.reject(new Error("open")) } },
  ],
])("%s, so the agent knows that it can only note appointments", async (_, given) => {
  const request = signedRequest("/retell/inbound", {
    event: "call_inbound",
    call_inbound: { from_number: "anonymous", to_number: "+4930111111" },
  });
  const answer = await (await callRoutes(testGateway(given), testDesks()).fetch(request)).json();
  expect(answer).toMatchObject({ call_inbound: { dynamic_variables: { gateway_mode: "fallback" } } });
  expect(JSON.stringify(answer)).toContain("nur vormerken");
});

test("a number that nobody owns is rejected with a finding that names no number", async () => {
  const gateway = testGateway();
  const request = signedRequest("/retell/inbound", {
    event: "call_inbound",
    call_inbound: { from_number: "+4915112345678", to_number: "+4930999999" },
  });
  expect(await (await callRoutes(gateway, testDesks()).fetch(request)).json()).toEqual({ call_inbound: { reject: true } });
  expect(gateway.findings).toEqual([{ kind: "unknown-number", subject: "+493…99" }]);
});

test("while nobody has told us who owns what, no caller is rejected", async () => {
  const gateway = testGateway({ directory: { ...testGateway().directory, asOf: 0, number: () => undefined } });
  const request = signedRequest("/retell/inbound", { event: "call_inbound", call_inbound: { to_number: "+4930111111" } });
  const answer = await (await callRoutes(gateway, testDesks()).fetch(request)).json();
  expect(answer).toMatchObject({ call_inbound: { dynamic_variables: { current_date: "2026-11-25" } } });
  expect(gateway.findings).toMatchObject([{ kind: "directory-empty" }]);
});

test("a ringing call that is not proven to be Retell's hears the date and nothing else, and is kept as unverified", async () => {
  const gateway = testGateway();
  const request = signedRequest(
    "/retell/inbound",
    { event: "call_inbound", call_inbound: { to_number: "+4930111111" } },
    wednesday,
    "another key",
  );
  const text = await (await callRoutes(gateway, testDesks()).fetch(request)).text();
  expect(text).toContain("2026-11-25");
  expect(text).not.toContain("Salon");
  expect(gateway.kept).toMatchObject([{ verdict: "unverified" }]);
});
