import pg from "pg";

/**
 * Connections for accepting alone, to the database of `pool`: whatever the other parts wait for, what comes in does not queue
 * behind it. Two carry batches, one the trial and the drain, one is spare while a statement that was given up still hangs.
 */
export function openAcceptPool({ options }: pg.Pool): pg.Pool {
  const pool = new pg.Pool({
    ...options,
    // Kept out of a spread on purpose by the driver.
    ...(options.password === undefined ? {} : { password: options.password }),
    max: 4,
    connectionTimeoutMillis: 1000,
    application_name: "ampel-accept",
  });
  pool.on("error", () => {}); // an idle connection that breaks is replaced on the next query
  pool.on("connect", (client) => void client.on("error", () => {}));
  return pool;
}
