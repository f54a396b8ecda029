import { PassThrough } from "node:stream";
import fc from "fast-check";
import { expect, test } from "vitest";
import { connectBus, readMessage, type BusMessage } from "./systemd-bus.ts";
import { unitPath } from "./systemd-signals.ts";

/** A bus that authenticates, answers each call with `reply`, and sends what it is told to. */
function createBus(reply: "reply" | "error" = "reply") {
  const toBus = new PassThrough();
  const fromBus = new PassThrough();
  const calls: BusMessage[] = [];
  let buffer = Buffer.alloc(0);
  let isOpen = false;
  toBus.on("data", (chunk: Buffer) => {
    buffer = Buffer.concat([buffer, chunk]);
    if (!isOpen && buffer.includes("\r\n")) {
      isOpen = true;
      expect(buffer.toString("latin1")).toMatch(/^\0AUTH EXTERNAL [0-9a-f]+\r\n$/);
      fromBus.write("OK 0123\r\n");
      buffer = Buffer.alloc(0);
      return;
    }
    const begin = buffer.indexOf("BEGIN\r\n");
    if (begin >= 0) buffer = buffer.subarray(begin + 7);
    while (buffer.length >= 16) {
      const size = 16 + Math.ceil(buffer.readUInt32LE(12) / 8) * 8 + buffer.readUInt32LE(4);
      if (buffer.length < size) return;
      calls.push(readMessage(buffer.subarray(0, size)));
      fromBus.write(
        frame(reply === "reply" ? 2 : 3, [[5, buffer.readUInt32LE(8)], ...(reply === "error" ? ([[4, "org.example.No"]] as const) : [])]),
      );
      buffer = buffer.subarray(size);
    }
  });
  return { toBus, fromBus, calls };
}

function frame(type: number, fields: readonly (readonly [number, string | number])[], isLittle = true): Buffer {
  const word = (value: number): Buffer => {
    const bytes = Buffer.alloc(4);
    if (isLittle) bytes.writeUInt32LE(value);
    else bytes.writeUInt32BE(value);
    return bytes;
  };
  let body = Buffer.alloc(0);
  const pad = (to: number): void => void (body = Buffer.concat([body, Buffer.alloc(Math.ceil(body.length / to) * to - body.length)]));
  for (const [code, value] of fields) {
    pad(8);
    const signature = typeof value === "number" ? "u" : code === 1 ? "o" : "s";
    body = Buffer.concat([
      body,
      Buffer.from([code, 1, signature.charCodeAt(0), 0]),
      ...(typeof value === "number" ? [word(value)] : [word(Buffer.byteLength(value)), Buffer.from(`${value}\0`)]),
    ]);
  }
  const fieldBytes = body.length;
  pad(8);
  return Buffer.concat([Buffer.from([isLittle ? 108 : 66, type, 0, 1]), word(0), word(1), word(fieldBytes), body]);
}

test("a call says hello first, and signals are heard however the bytes are cut", async () => {
  const heard: string[] = [];
  const { toBus, fromBus, calls } = createBus();
  const bus = await connectBus(toBus, fromBus, ({ path, member }) => heard.push(`${member} ${path}`));
  await bus.call("a.b", "/c", "d.e", "Ask", "grüße");
  expect(calls.map(({ member }) => member)).toEqual(["Hello", "Ask"]);
  const signal = frame(4, [
    [1, "/org/it"],
    [2, "i.f"],
    [3, "PropertiesChanged"],
  ]);
  for (const byte of Buffer.concat([
    signal,
    frame(
      4,
      [
        [3, "Big"],
        [1, "/endian"],
      ],
      false,
    ),
    signal,
  ])) {
    fromBus.write(Buffer.from([byte]));
  }
  await expect.poll(() => heard).toEqual(["PropertiesChanged /org/it", "Big /endian", "PropertiesChanged /org/it"]);
  bus.close();
  expect(await bus.closed).toBe("closed by us");
});

test("a refused call names the bus's error; a call on a closed line fails instead of waiting", async () => {
  await expect(connectBus(...streams(createBus("error")), () => {})).rejects.toThrow("org.example.No");
  const { toBus, fromBus } = createBus();
  const bus = await connectBus(toBus, fromBus, () => {});
  fromBus.destroy();
  await bus.closed;
  await expect(bus.call("a.b", "/c", "d.e", "Ask")).rejects.toThrow();
});

test("a line that is no bus is refused, and garbage after the greeting harms nobody", async () => {
  const fromBus = new PassThrough();
  const refused = connectBus(new PassThrough(), fromBus, () => {});
  fromBus.write("HTTP/1.1 400 Bad Request\r\n\r\n");
  await expect(refused).rejects.toThrow("refused");
  fc.assert(
    fc.property(fc.uint8Array({ minLength: 16, maxLength: 200 }), (bytes) => {
      const copy = Buffer.from(bytes);
      copy.writeUInt32LE(Math.min(copy.readUInt32LE(12), copy.length - 16), 12);
      copy[0] = 108;
      try {
        readMessage(copy);
      } catch (error) {
        expect(error).toBeInstanceOf(RangeError);
      }
    }),
  );
});

test("an endless message is cut off", async () => {
  const { toBus, fromBus } = createBus();
  const bus = await connectBus(toBus, fromBus, () => {});
  const head = Buffer.from([108, 4, 0, 1, 255, 255, 255, 127, 1, 0, 0, 0, 0, 0, 0, 0]);
  fromBus.write(head);
  expect(await bus.closed).toBe("a message too large");
});

test.each([
  ["nginx.service", "nginx_2eservice"],
  ["php8.3-fpm.service", "php8_2e3_2dfpm_2eservice"],
  ["1@x.service", "_31_40x_2eservice"],
  ["a_b.service", "a_5fb_2eservice"],
])("%s is %s on the bus", (unit, path) => {
  expect(unitPath(unit)).toBe(`/org/freedesktop/systemd1/unit/${path}`);
});

function streams({ toBus, fromBus }: ReturnType<typeof createBus>): [PassThrough, PassThrough] {
  return [toBus, fromBus];
}
