import { expect, test } from "vitest";
import { lookOnce } from "../../test/probe-look.ts";
import { judgeLoad, loadProbe } from "./load.ts";

const spec = loadProbe.schema.parse({});

test.each([
  ["1.00 1.00 1.00 1/99 1\n2\n0\n", "ok", undefined],
  ["4.00 1.00 1.00 1/99 1\n2\n3\n", "degraded", "load-high"],
  ["12.5 1.00 1.00 1/99 1\n2\n3\n", "down", "load-high"],
])("%j is %s", (printed, state, cause) => {
  const seen = judgeLoad(spec, printed);
  expect([seen?.state, seen?.cause]).toEqual([state, cause]);
});

test.each(["", "garbage", "1 2\n0\n", "1 2 3\n0\n"])("%j cannot be judged", (printed) => {
  expect(judgeLoad(spec, printed)).toBeUndefined();
});

test("this machine's load is read", async () => {
  const seen = await lookOnce(loadProbe, { warnPerCore: 9_999, highPerCore: 99_999 });
  expect(seen.state).toBe("ok");
  expect(seen.measures?.["perCore"]).toBeGreaterThanOrEqual(0);
});
