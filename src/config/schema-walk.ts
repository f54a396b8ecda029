import type { z } from "zod";
import { durationSchema } from "../kernel/duration.ts";
import { secretSchema } from "../kernel/secret.ts";
import type { FieldPath } from "./problem.ts";

type Schema = z.core.$ZodType;
type Definition = { type: string } & Record<string, unknown>;

const definition = (schema: Schema): Definition => schema._zod.def as unknown as Definition;

/** The schemas that may stand at a field (several inside a union), without optional, default and transform around them. */
export function schemasAt(root: Schema, path: FieldPath, value: unknown): Schema[] {
  let schemas = unwrap(root, value);
  let current = value;
  for (const part of path) {
    current = child(current, part);
    schemas = schemas.flatMap((schema) => step(schema, part)).flatMap((schema) => unwrap(schema, current));
  }
  return schemas;
}

/** The keys a mapping may have at this field, in the order of the schema. */
export function possibleKeys(root: Schema, path: FieldPath, value: unknown): string[] {
  return [...new Set(schemasAt(root, path, value).flatMap(keysOf))];
}

function keysOf(schema: Schema): string[] {
  const { type, shape, keyType } = definition(schema) as Definition & { keyType?: Schema };
  if (type === "record") return [...(keyType?._zod.values ?? [])].map(String);
  return type === "object" ? Object.keys(shape as object) : [];
}

export function isDuration(schemas: readonly Schema[]): boolean {
  return schemas.some((schema) => patternOf(schema) === durationPattern);
}

export function isSecret(schemas: readonly Schema[]): boolean {
  return schemas.some((schema) => patternOf(schema) === secretPattern);
}

/** `undefined` also for a path that leaves the value. */
export function child(value: unknown, part: string | number): unknown {
  if (typeof value !== "object" || value === null || !Object.hasOwn(value, part)) return undefined;
  return (value as Record<string | number, unknown>)[part];
}

export function valueAt(value: unknown, path: FieldPath): unknown {
  return path.reduce(child, value);
}

function step(schema: Schema, part: string | number): Schema[] {
  const { type, shape, valueType, element, items } = definition(schema) as Definition & {
    shape?: Record<string, Schema>;
    valueType?: Schema;
    element?: Schema;
    items?: Schema[];
  };
  if (type === "object" && shape !== undefined) return Object.hasOwn(shape, part) ? [shape[String(part)] as Schema] : [];
  if (type === "record" && valueType !== undefined) return [valueType];
  if (type === "array" && element !== undefined) return [element];
  if (type === "tuple" && items !== undefined) return items[Number(part)] === undefined ? [] : [items[Number(part)] as Schema];
  return [];
}

function unwrap(schema: Schema, value: unknown): Schema[] {
  const {
    type,
    innerType,
    in: input,
    options,
    discriminator,
    left,
    right,
    getter,
  } = definition(schema) as Definition & {
    innerType?: Schema;
    in?: Schema;
    options?: Schema[];
    discriminator?: string;
    left?: Schema;
    right?: Schema;
    getter?: () => Schema;
  };
  if (innerType !== undefined) return unwrap(innerType, value);
  if (type === "lazy" && getter !== undefined) return unwrap(getter(), value);
  if (type === "pipe" && input !== undefined) {
    // A transform in front (preprocess) has no shape of its own.
    const { out } = definition(schema) as Definition & { out?: Schema };
    return definition(input).type === "transform" && out !== undefined ? unwrap(out, value) : unwrap(input, value);
  }
  if (left !== undefined && right !== undefined) return [...unwrap(left, value), ...unwrap(right, value)];
  if (options === undefined) return [schema];
  const chosen = discriminator === undefined ? [] : options.filter((option) => isChosen(option, discriminator, value));
  return (chosen.length > 0 ? chosen : options).flatMap((option) => unwrap(option, value));
}

function isChosen(option: Schema, discriminator: string, value: unknown): boolean {
  const tag = child(value, discriminator);
  return unwrap(option, value).some((schema) => {
    const { shape } = definition(schema) as Definition & { shape?: Record<string, Schema> };
    const literal = shape?.[discriminator];
    return literal !== undefined && [...(literal._zod.values ?? [])].includes(tag as string);
  });
}

/** A described schema is a copy: what it accepts is told by its pattern, not by its identity. */
function patternOf(schema: Schema): string | undefined {
  const {
    type,
    in: input,
    checks,
  } = definition(schema) as Definition & { in?: Schema; checks?: { _zod: { def: { pattern?: RegExp } } }[] };
  if (type === "pipe" && input !== undefined) return patternOf(input);
  return checks?.map((check) => check._zod.def.pattern?.source).find((pattern) => pattern !== undefined);
}

const durationPattern = patternOf(durationSchema);
const secretPattern = patternOf(secretSchema);
