import { startFaultyServer } from "../test/faulty-server.ts";

// A process of its own, so that its sockets count neither as processor time nor as memory of the prober.
const server = await startFaultyServer("silent");
process.send?.({ port: server.port });
process.once("SIGTERM", () => process.exit(0));
process.once("disconnect", () => process.exit(0));
