import { expect, test } from "vitest";
import { findAddresses, parseHosts } from "./dns-lookup.ts";

test("an address stands for itself, with and without brackets", async () => {
  const { signal } = new AbortController();
  expect(await findAddresses("192.0.2.1", signal)).toEqual([{ address: "192.0.2.1", family: 4 }]);
  expect(await findAddresses("[2001:db8::1]", signal)).toEqual([{ address: "2001:db8::1", family: 6 }]);
});

test("the file of hosts is read with comments, several names, IPv4 first", () => {
  const names = parseHosts(
    "# own\n::1 localhost ip6-localhost # loop\n127.0.0.1\tlocalhost\n10.0.0.5  Gateway.internal gw\nnonsense line\n\n",
  );
  expect(names.get("localhost")).toEqual([
    { address: "127.0.0.1", family: 4 },
    { address: "::1", family: 6 },
  ]);
  expect(names.get("gateway.internal")).toEqual([{ address: "10.0.0.5", family: 4 }]);
  expect(names.get("gw")).toHaveLength(1);
  expect(names.get("line")).toBeUndefined();
});

test("an aborted lookup asks nobody", async () => {
  await expect(findAddresses("example.org", AbortSignal.abort(new Error("enough")))).rejects.toThrow("enough");
});
