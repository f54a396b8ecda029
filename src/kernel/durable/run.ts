/** What an effect is told about the attempt it is. */
export type Attempt = {
  /** Aborted when the run is cancelled; pass it to every call outside. */
  readonly signal: AbortSignal;
  /** The same for every attempt of this step: the idempotency key for the outside world. */
  readonly key: string;
  /** True when an earlier attempt was started and its outcome is not known: look before you act. */
  readonly isRepeat: boolean;
};

export type Effect<Value> = (attempt: Attempt) => Promise<Value>;

/** A run in progress. What a step returned is never computed twice; whatever it returns must survive JSON. */
export type DurableRun = {
  readonly id: string;
  step<Value>(name: string, effect: Effect<Value>): Promise<Value>;
  /** Epoch ms, recorded: the same on every replay. */
  now(): Promise<number>;
  /** The next message on a topic, or `undefined` once `until` (epoch ms) has passed; early rather than never. */
  waitFor<Value>(topic: string, until: number): Promise<Value | undefined>;
};

/** A body that may be started in one process and finished in another; only `run` may touch the world. */
export type Workflow<Input = unknown, Output = unknown> = {
  readonly name: string;
  body(run: DurableRun, input: Input): Promise<Output>;
};

export type Delivery = "delivered" | "too-late" | "unknown-run";

/** Two of these exist: one on Postgres, one on a plain file for when that Postgres is gone as well. */
export type DurableEngine = {
  /** The same id started twice is the same run. Resolves with the outcome. */
  start<Input, Output>(workflow: Workflow<Input, Output>, id: string, input: Input): Promise<Output>;
  /** `key` makes the message one, however often it is sent. */
  send(runId: string, topic: string, value: unknown, key: string): Promise<Delivery>;
  cancel(runId: string): Promise<void>;
  stop(): Promise<void>;
};
