import { ProtocolError } from "./guarded-socket.ts";

const headerBytes = 5;
const maxFrameBytes = 16 * 1024 * 1024;
const error = 0x45;
const notice = 0x4e;
const knownCodes = new Set(Buffer.from("123AcCdDEGHIKnNRsStTvVWZ"));

/**
 * A check for the bytes of a Postgres server (frame: code, length, body; protocol 3.0, chapter "Message Formats").
 * It exists because the driver's parser loops for ever on an error message whose field list does not end.
 * @throws {ProtocolError} from the returned function
 */
export function checkPostgresFrames(): (chunk: Buffer) => void {
  let pending: Buffer = Buffer.alloc(0);
  let skipBytes = 0;
  return (chunk) => {
    let rest = chunk;
    while (rest.length > 0) {
      if (skipBytes > 0) {
        const skipped = Math.min(skipBytes, rest.length);
        skipBytes -= skipped;
        rest = rest.subarray(skipped);
        continue;
      }
      pending = pending.length === 0 ? rest : Buffer.concat([pending, rest]);
      if (pending.length < headerBytes) return;
      const [code = 0] = pending;
      const frameBytes = 1 + pending.readUInt32BE(1);
      if (!knownCodes.has(code) || frameBytes < headerBytes || frameBytes > maxFrameBytes) {
        throw new ProtocolError("not a Postgres message");
      }
      if (code === error || code === notice) {
        if (pending.length < frameBytes) return;
        // Two zeros at the end stop the parser wherever in the list it stands.
        if (
          frameBytes < headerBytes + 1 ||
          pending[frameBytes - 1] !== 0 ||
          (frameBytes > headerBytes + 1 && pending[frameBytes - 2] !== 0)
        ) {
          throw new ProtocolError("an error message without an end");
        }
        rest = pending.subarray(frameBytes);
      } else {
        rest = pending.subarray(Math.min(frameBytes, pending.length));
        skipBytes = Math.max(0, frameBytes - pending.length);
      }
      pending = Buffer.alloc(0);
    }
  };
}
