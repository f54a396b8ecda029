import { readFileSync } from "node:fs";
import { join } from "node:path";
import { inspect } from "node:util";
import { z } from "zod";
import { Failure } from "./failure.ts";
import { message } from "./message.ts";

const shown = "[secret]";
const reference = /^\$\{(env|file|credential):([^}]+)\}$/;

/** True for `${env:NAME}`, `${file:/path}` and `${credential:name}` (systemd's `LoadCredential=`). */
export function isSecretReference(text: string): boolean {
  return reference.test(text);
}

/**
 * A secret known by reference only. Printing, logging or serialising it gives `[secret]`;
 * only `reveal()` reads the value, at the moment of use, so a rotated secret is picked up.
 */
export class Secret {
  readonly #reference: string;

  constructor(text: string) {
    this.#reference = text;
  }

  get reference(): string {
    return this.#reference;
  }

  /** @throws {Failure} secret-missing */
  reveal(): string {
    const [, kind, name = ""] = reference.exec(this.#reference) ?? [];
    if (kind === "env") {
      const value = process.env[name];
      if (value === undefined || value === "") throw this.#missing(message("secret.env-missing", { name }));
      return value;
    }
    const path = kind === "credential" ? join(process.env["CREDENTIALS_DIRECTORY"] ?? "/run/credentials", name) : name;
    try {
      // Only the line end goes: a password may end with a blank.
      const value = readFileSync(path, "utf8").replace(/\r?\n$/, "");
      if (value === "") throw Object.assign(new Error("empty"), { code: "EMPTY" });
      return value;
    } catch (error) {
      const reason = (error as NodeJS.ErrnoException).code ?? "unknown";
      throw this.#missing(message("secret.file-unreadable", { path, reason }));
    }
  }

  #missing(what: Failure["what"]): Failure {
    return new Failure("secret-missing", what, message("secret.next", { reference: this.#reference }));
  }

  toString(): string {
    return shown;
  }

  toJSON(): string {
    return shown;
  }

  [inspect.custom](): string {
    return shown;
  }
}

/** A secret in ampel.yaml: only a reference is accepted, so no password ever stands in the file. */
export const secretSchema = z
  .string()
  .regex(reference, { error: "secret" })
  .transform((text) => new Secret(text));
