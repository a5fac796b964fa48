// What a service reaches: the host through the entry that `build.js` writes, or a `Desk` in unit tests.

import { Failure } from './failure.js';

// Statuses that are worth another attempt, besides 5xx.
const BUSY = [408, 425, 429];

// The response to an HTTP request, whatever its status.
export class Response {
  #body;
  #decode;

  constructor({ status, headers = [], body = new Uint8Array() }, decode) {
    this.status = status;
    this.ok = status >= 200 && status < 300;
    this.headers = Object.freeze(headers.map(([name, value]) => Object.freeze([name.toLowerCase(), value])));
    this.#body = body;
    this.#decode = decode;
  }

  header(name) {
    return this.headers.find(([other]) => other === name.toLowerCase())?.[1];
  }

  bytes() {
    return this.#body;
  }

  text() {
    return this.#decode(this.#body);
  }

  json() {
    return parsed(this.text(), 'response-not-readable');
  }

  // The response, if its status is one of success; else a failure that says whether to try again, and when.
  success() {
    if (this.ok) {
      return this;
    }
    const tryAgain = BUSY.includes(this.status) || this.status >= 500;
    const asked = this.header('retry-after') ?? '';
    const tryAgainAfterMs = tryAgain && /^\s*\d+\s*$/.test(asked) ? Number(asked) * 1000 : undefined;
    throw new Failure(
      'http-status',
      `the answer was ${this.status}`,
      { status: this.status },
      { tryAgain, tryAgainAfterMs },
    );
  }
}

// What is handed to a service: `outside` is the host or a desk, in the words of the contract.
export function context(outside, attempt, log) {
  const { reach, secrets, keyValue } = outside;
  const json = (value, code) => {
    const text = JSON.stringify(value);
    if (text === undefined) {
      throw new Failure(code, 'the value has no form in JSON');
    }
    return reach.encode(text);
  };
  const bytes = (value) => (typeof value === 'string' ? reach.encode(value) : value);
  return Object.freeze({
    attempt: Object.freeze({ key: attempt.key, number: attempt.number, caseId: attempt.caseId }),
    log,

    fetch(url, { method = 'GET', headers = {}, bearer, body, json: value } = {}) {
      const lines = Object.entries(headers).map(([name, line]) => [name, String(line)]);
      if (bearer !== undefined) {
        lines.push(['authorization', `Bearer ${bearer}`]);
      }
      if (value !== undefined) {
        lines.push(['content-type', 'application/json']);
      }
      const sent = value === undefined ? bytes(body ?? new Uint8Array()) : json(value, 'request-not-writable');
      const request = { method: method.toUpperCase(), url: String(url), headers: lines, body: sent };
      return new Response(asked(() => reach.send(request)), reach.decode);
    },

    secret: (name) => asked(() => secrets.get(name)),

    keyValue: Object.freeze({
      get: (key) => asked(() => keyValue.get(key)) ?? undefined,
      set: (key, value) => asked(() => keyValue.set(key, bytes(value))),
      getJson(key) {
        const found = asked(() => keyValue.get(key)) ?? undefined;
        return found && parsed(reach.decode(found), 'value-not-readable');
      },
      setJson: (key, value) => asked(() => keyValue.set(key, json(value, 'value-not-writable'))),
      delete: (key) => asked(() => keyValue.delete(key)),
      keys: (prefix = '', after = null) => asked(() => keyValue.keys(prefix, after)),
    }),

    now: () => new Date(reach.now()),
    random: (count) => reach.random(count),
  });
}

// What the host does not do is a failure of the service, unless it is handled. The host's record stands in the field `payload`
// of what is thrown.
function asked(question) {
  try {
    return question();
  } catch (error) {
    const told = error?.payload;
    if (typeof told?.code !== 'string') {
      throw error;
    }
    const { code, message, tryAgain = code === 'unavailable' } = told;
    throw new Failure(code, message, undefined, { tryAgain });
  }
}

function parsed(text, code) {
  try {
    return JSON.parse(text);
  } catch (error) {
    throw new Failure(code, error.message);
  }
}
