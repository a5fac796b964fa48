// The types of `casewright-plugin`.

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

/** Why a function declines to answer: a matter of its own domain, for workflows to branch on. */
export class Failure extends Error {
  /**
   * @param code kebab case and stable: workflows branch on it
   * @param message one sentence for people
   * @param details particulars, a JSON value
   */
  constructor(code: string, message: string, details?: unknown);
  readonly code: string;
  readonly details?: unknown;
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

/** A plugin as its author describes it. */
export interface Description {
  /** Kebab case, at most 64 bytes: workflows name the plugin by it. */
  name: string;
  /** The plugin's own version, such as `1.4.0`. */
  version: string;
  /** Its functions by their names, which are kebab case. */
  functions: { [name: string]: Decision };
  /** What this version of the contract has no field for. */
  extensions?: { [name: string]: Json };
}

/** A plugin. The default export of the project's main file has to be one. */
export interface Plugin {
  readonly name: string;
  readonly version: string;
  /**
   * For unit tests in Node.js: asks a function as the host does, without the host's check of the schemas.
   * @throws {Failure} where the function does
   */
  call(name: string, input: unknown, log?: (level: string, message: string) => void): any;
  /** The exports of the world `casewright:plugin/decision`, for the entry that is built. */
  exports(log: (level: string, message: string) => void): { catalogue: object; decisions: object };
}

/** Makes a plugin of its description. */
export function plugin(description: Description): Plugin;
