/** The result, or the signal's reason if that comes first. */
export async function orAborted<Value>(result: Promise<Value>, signal: AbortSignal): Promise<Value> {
  result.catch(() => {}); // it may fail after nobody waits for it any more
  signal.throwIfAborted();
  const aborted = Promise.withResolvers<never>();
  const onAbort = (): void => aborted.reject(signal.reason);
  signal.addEventListener("abort", onAbort, { once: true });
  try {
    return await Promise.race([result, aborted.promise]);
  } finally {
    signal.removeEventListener("abort", onAbort);
  }
}

/** What a process that may no longer speak for a run says about it: nothing. */
export function unsettled(): Promise<never> {
  return new Promise(() => {});
}
