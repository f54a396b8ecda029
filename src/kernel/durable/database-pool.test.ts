import type { EventEmitter } from "node:events";
import { retriablePostgresException } from "@dbos-inc/dbos-sdk/internal/system_database";
import pg from "pg";
import { expect, test } from "vitest";
import { openEnginePool } from "./database-pool.ts";

const nowhere = `postgresql://ampel@localhost/ampel?host=${encodeURIComponent("/nowhere/at/all")}`;

async function errorOf(work: Promise<unknown>): Promise<unknown> {
  return await work.then(
    () => undefined,
    (error: unknown) => error,
  );
}

test("a missing socket, which the engine takes for final, is one it waits for in our pool", async () => {
  const plain = new pg.Pool({ connectionString: nowhere });
  const ours = openEnginePool(nowhere, 1);
  expect(retriablePostgresException(await errorOf(plain.query("select 1")))).toBe(false);
  expect(retriablePostgresException(await errorOf(ours.query("select 1")))).toBe(true);
  expect(retriablePostgresException(await errorOf(ours.connect()))).toBe(true);
  await Promise.all([plain.end(), ours.end()]);
});

test("so is a server that dies while we write to it", async () => {
  const ours = openEnginePool(nowhere, 1);
  const { Client } = ours.options as unknown as { Client: typeof pg.Client };
  for (const [Kind, isWaitedFor] of [
    [pg.Client, false],
    [Client, true],
  ] as const) {
    const client = new Kind({ connectionString: nowhere });
    const broken = new Promise<unknown>((settle) => void client.once("error", settle));
    await errorOf(client.connect());
    const { connection } = client as unknown as { connection: EventEmitter };
    const heard = new Promise<unknown>((settle) => void connection.once("error", settle));
    connection.emit("error", Object.assign(new Error("write EPIPE"), { code: "EPIPE", syscall: "write" }));
    expect(retriablePostgresException(await Promise.race([heard, broken]))).toBe(isWaitedFor);
  }
  await ours.end();
});
