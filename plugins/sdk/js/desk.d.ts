// The types of `casewright-plugin/desk`.

import type { Attempt, Json } from './index.js';

/** A request as a test sees it. */
export interface Sent {
  readonly method: string;
  readonly url: string;
  /** By names in lower case. */
  readonly headers: { readonly [name: string]: string };
  /** The body, read as UTF-8. */
  readonly body: string;
  /** The body, read as JSON. */
  json(): any;
}

/** What is answered to a request; the status is 200 unless another is given. */
export interface Reply {
  status?: number;
  headers?: { [name: string]: string | number };
  /** The body. */
  body?: string;
  /** In place of `body`: a value for it. */
  json?: Json;
}

/**
 * A world for unit tests of services in Node.js, without WebAssembly, without a network, without a server: the secrets and
 * the answers that it was given, and a memory that starts empty.
 */
export class Desk {
  constructor(world?: {
    /** Secrets by their names. */
    secrets?: { [name: string]: string };
    /** Answers requests; without it no host is reached. */
    http?: (request: Sent) => Reply;
    /** The time that it always is. */
    now?: Date;
    /** Which call it is: the first, with the key `desk`, of the case `case`, as far as nothing else is given. */
    attempt?: Partial<Attempt>;
  });
  readonly attempt: Attempt;
  /** What was sent, in order. */
  readonly requests: Sent[];
  /** What is remembered, in bytes. */
  readonly entries: Map<string, Uint8Array>;
}
