// The types of `casewright-plugin`.

import type { Desk } from './desk.js';

/** Any JSON value. */
export type Json = null | boolean | number | string | Json[] | { [name: string]: Json };

/** A JSON Schema 2020-12, an object. It may refer to its own parts (`#/$defs/...`) and to nothing else. */
export type Schema = { [keyword: string]: unknown };

/** Writes lines to the log of the call; the host keeps some hundreds of them. */
export interface Log {
  /** For whoever works on the plugin. */
  debug(message: string): void;
  /** What happened, for whoever reads the log of a case. */
  info(message: string): void;
  /** Something is odd, but there is an answer. */
  warn(message: string): void;
  /** Why there is no answer. */
  error(message: string): void;
}

/** Of a failure of a service: whether another attempt is of use, and when. */
export interface Again {
  /** The same call may succeed later: the other side is down or busy. */
  tryAgain?: boolean;
  /** The same, not before so many milliseconds have passed. */
  tryAgainAfterMs?: number;
}

/** Why a function declines to answer: a matter of its own domain, for workflows to branch on. */
export class Failure extends Error {
  /**
   * @param code kebab case and stable: workflows branch on it
   * @param message one sentence for people
   * @param details particulars, a JSON value
   * @param again of a service; without it the failure is for good
   */
  constructor(code: string, message: string, details?: unknown, again?: Again);
  readonly code: string;
  readonly details?: unknown;
  readonly tryAgain: boolean;
  readonly tryAgainAfterMs?: number;
}

/** Which call of a service this is. */
export interface Attempt {
  /**
   * The same for all attempts of one job and for no other. Requests carry it as `Idempotency-Key`, unless they have one.
   */
  readonly key: string;
  /** 1 for the first attempt, 2 for the second, and so on. */
  readonly number: number;
  /** The id of the case. */
  readonly caseId: string;
}

/** What a request is made of besides its address. */
export interface RequestParts {
  /** `GET` unless another is given. */
  method?: string;
  headers?: { [name: string]: string | number };
  /** A token for the header `Authorization`. */
  bearer?: string;
  /** The body. */
  body?: string | Uint8Array;
  /** In place of `body`: a value for it. */
  json?: unknown;
}

/** The response to a request, whatever its status. It is there as a whole: nothing has to be waited for. */
export interface Response {
  readonly status: number;
  /** Whether the status is one of success. */
  readonly ok: boolean;
  /** Names, in lower case, and values. */
  readonly headers: readonly (readonly [string, string])[];
  /** The first header of this name, in whatever case. */
  header(name: string): string | undefined;
  /** The body. */
  bytes(): Uint8Array;
  /** The body, read as UTF-8. */
  text(): string;
  /**
   * The body, read as JSON.
   * @throws {Failure} `response-not-readable`
   */
  json(): any;
  /**
   * The response, if its status is one of success.
   * @throws {Failure} `http-status` with the status in its details. The call is worth trying again when the other side is
   * busy or broken (408, 425, 429, 5xx), after the time that `Retry-After` says in seconds, if it does.
   */
  success(): Response;
}

/**
 * What the plugin remembers from call to call: keys of up to 256 bytes, and values. Every operation can throw a
 * {@link Failure} `not-granted`, `too-large`, or `unavailable`, which is worth trying again.
 */
export interface KeyValue {
  /** The bytes under `key`, if there are some. */
  get(key: string): Uint8Array | undefined;
  /** Puts bytes, or a text as UTF-8, under `key`; `full` without room, `holds-secret` when there is one in them. */
  set(key: string, value: Uint8Array | string): void;
  /** The value under `key`, as `setJson` put it there; `value-not-readable` when it is no JSON. */
  getJson(key: string): any;
  /** Puts a value under `key`, as JSON. */
  setJson(key: string, value: unknown): void;
  /** Removes what is under `key`, if something is. */
  delete(key: string): void;
  /** The first thousand keys that begin with `prefix`, in order; `after` is the last of those that came before. */
  keys(prefix?: string, after?: string): string[];
}

/** What a service can reach, as far as the plugin asks for it and the operator grants it. */
export interface Context {
  /** Which call this is. */
  readonly attempt: Attempt;
  readonly log: Log;
  /**
   * Sends a request and waits for the response, whatever its status; {@link Response.success} judges that. Redirects are
   * not followed. It gives no promise: there is nothing to `await`.
   * @throws {Failure} when there is no response: `http-not-granted`, `http-too-many-requests`, `http-too-large`,
   * `http-invalid`, or `http-unreachable`, which is worth trying again
   */
  fetch(url: string, parts?: RequestParts): Response;
  /**
   * The secret of this name.
   * @throws {Failure} `not-granted`
   */
  secret(name: string): string;
  readonly keyValue: KeyValue;
  /** The time: in a plugin as `new Date()`, on a desk as it says. */
  now(): Date;
  /** So many random bytes, fit for keys. */
  random(count: number): Uint8Array;
}

/** One function that workflows can call. */
export interface Decision<Input = any, Output = any> {
  /** A short title for people, in English. */
  title?: string;
  /** What it does, in a sentence or two. */
  description?: string;
  /** What it takes: the host checks the input against it before it calls. */
  input: Schema;
  /** What it gives: the host checks the output against it after the call. */
  output: Schema;
  /** What this version of the contract has no field for. */
  extensions?: { [name: string]: Json };
  /** The function: the same answer for the same input. It may throw a {@link Failure}. */
  decide(input: Input, log: Log): Output;
}

/** A function that may reach the world. It runs after the step that asked for it, perhaps more than once. */
export interface Service<Input = any, Output = any> extends Omit<Decision<Input, Output>, 'decide'> {
  /** The function. It may throw a {@link Failure}, which says whether to try again. */
  serve(input: Input, context: Context): Output;
}

/** What services want to reach; they get it as far as the operator grants it. The reasons are for the people who decide. */
export interface Wants {
  /** Reasons by hosts: one (`crm.example.com`), all below one (`*.example.com`), or those that the operator names (`*`). */
  http?: { [host: string]: string };
  /** Reasons by the names of secrets, which are kebab case. */
  secrets?: { [name: string]: string };
  /** Why there has to be room to remember something. */
  keyValue?: string;
}

/** A plugin as its author describes it. */
export interface Description {
  /** Kebab case, at most 64 bytes: workflows name the plugin by it. */
  name: string;
  /** The plugin's own version, such as `1.4.0`. */
  version: string;
  /**
   * Its functions by their names, which are kebab case. All are decisions or all are services; of services,
   * `package.json` says `"casewright": { "kind": "service" }`.
   */
  functions: { [name: string]: Decision } | { [name: string]: Service };
  /** What its services want to reach. */
  wants?: Wants;
  /** What this version of the contract has no field for. */
  extensions?: { [name: string]: Json };
}

/** A plugin. The default export of the project's main file has to be one. */
export interface Plugin {
  readonly name: string;
  readonly version: string;
  /** What its functions are. */
  readonly kind: 'decision' | 'service';
  /**
   * For unit tests in Node.js: asks a decision as the host does, without the host's check of the schemas.
   * @throws {Failure} where the function does
   */
  call(name: string, input: unknown, log?: (level: string, message: string) => void): any;
  /**
   * The same for a service, on a desk (`casewright-plugin/desk`) in place of the world.
   * @throws {Failure} where the function does
   */
  serve(name: string, input: unknown, desk: Desk, log?: (level: string, message: string) => void): any;
  /** The exports of the contract, for the entry that is built; `outside` is what services reach the world by. */
  exports(log: (level: string, message: string) => void, outside?: object): object;
}

/** Makes a plugin of its description. */
export function plugin(description: Description): Plugin;
