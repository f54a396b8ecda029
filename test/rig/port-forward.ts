import { spawn } from "node:child_process";
import { once } from "node:events";
import { createServer } from "node:net";
import { plainEnvironment } from "./command.ts";
import { namespaceFile } from "./network.ts";

/** A port on 127.0.0.1 of this machine that leads to a port in the lab. */
export interface PortForward {
  port: number;
  close(): Promise<void>;
}

/** Opens the forward; each connection is made from inside the lab, so its cut links and filters count. */
export async function openPortForward(lab: string, address: string, targetPort: number): Promise<PortForward> {
  const connections = new Set<() => void>();
  const server = createServer({ allowHalfOpen: true }, (socket) => {
    const argv = [`--net=${namespaceFile(lab)}`, "nc", "-N", address, String(targetPort)];
    const pipe = spawn("nsenter", argv, {
      env: plainEnvironment,
      stdio: ["pipe", "pipe", "ignore"],
    });
    const end = (): void => {
      connections.delete(end);
      pipe.kill("SIGKILL");
      socket.destroy();
    };
    connections.add(end);
    socket.pipe(pipe.stdin);
    pipe.stdout.pipe(socket);
    for (const part of [socket, pipe, pipe.stdin, pipe.stdout]) part.on("error", end);
    socket.on("close", end);
    pipe.on("close", () => socket.end());
  });
  server.listen(0, "127.0.0.1");
  await once(server, "listening");
  const listening = server.address();
  if (listening === null || typeof listening === "string") throw new Error("the forward has no port");
  return {
    port: listening.port,
    async close() {
      const closed = once(server, "close");
      server.close();
      for (const end of connections) end();
      await closed;
    },
  };
}
