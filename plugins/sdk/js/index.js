// Write Casewright plugins in JavaScript: a list of functions from one JSON value to another.
//
// This file runs inside the plugin and, for unit tests, in Node.js. It imports nothing but what lies beside it: what a
// plugin gets from the host is handed over by the entry that `build.js` writes.

import { Failure } from './failure.js';
import { context } from './service.js';

export { Failure } from './failure.js';

// Pure, called inside a step.
const DECISION = 'decision';
// May reach the world, called after a step.
const SERVICE = 'service';

// Outside of the host, log lines go to the console.
const consoleLog = (level, message) => console.error(`${level}: ${message}`);

const logger = (write) =>
  Object.freeze({
    debug: (message) => write('debug', String(message)),
    info: (message) => write('info', String(message)),
    warn: (message) => write('warn', String(message)),
    error: (message) => write('error', String(message)),
  });

// Makes a plugin of its description; see `index.d.ts` for its form.
export function plugin({ name, version, functions, wants = {}, extensions }) {
  const kind = kindOf(functions);
  const description = {
    name,
    version,
    functions: Object.entries(functions).map(([key, one]) => describe(key, one)),
    extensions: written(extensions),
  };
  const capabilities = wanted(wants);
  if (kind === DECISION && capabilities.length > 0) {
    throw new TypeError(`\`${name}\` wants to reach something, but has decisions, which reach nothing`);
  }

  const find = (key) => {
    if (!Object.hasOwn(functions, key)) {
      throw new Failure('unknown-function', `there is no function \`${key}\``);
    }
    return functions[key];
  };

  const decide = (key, input, write) => text(find(key).decide(JSON.parse(input), logger(write)));
  const serve = (key, input, attempt, outside, write) =>
    text(find(key).serve(JSON.parse(input), context(outside, attempt, logger(write))));

  return Object.freeze({
    name,
    version,
    kind,

    // For unit tests: asks a decision as the host does, without the host's check of the schemas.
    call(key, input, write = consoleLog) {
      return JSON.parse(decide(key, JSON.stringify(input), write));
    },

    // The same for a service, on a desk.
    serve(key, input, desk, write = consoleLog) {
      return JSON.parse(serve(key, JSON.stringify(input), desk.attempt, desk, write));
    },

    // The exports of the contract, for the entry that is built: `outside` is there for services alone.
    exports(write, outside) {
      const built = outside === undefined ? DECISION : SERVICE;
      if (kind !== built) {
        throw new TypeError(
          `\`${name}\` has functions of the kind \`${kind}\`, but is built as \`${built}\`: ` +
            `say \`"casewright": { "kind": "${kind}" }\` in \`package.json\``,
        );
      }
      const answered = (question) => {
        try {
          return question();
        } catch (error) {
          throw refused(error, kind, logger(write));
        }
      };
      return kind === DECISION
        ? {
            catalogue: { describe: () => description },
            decisions: { decide: (key, input) => answered(() => decide(key, input, write)) },
          }
        : {
            catalogue: { describe: () => ({ ...description, capabilities }) },
            services: {
              serve: (key, input, attempt) => answered(() => serve(key, input, attempt, outside, write)),
            },
          };
    },
  });
}

// Of all its functions: a plugin is of one world.
function kindOf(functions) {
  const kinds = new Set(Object.values(functions).map(({ serve }) => (serve ? SERVICE : DECISION)));
  if (kinds.size > 1) {
    throw new TypeError('the functions of a plugin are all decisions or all services');
  }
  return kinds.has(SERVICE) ? SERVICE : DECISION;
}

// In the words of the contract, in the order in which it was said.
function wanted({ http = {}, secrets = {}, keyValue }) {
  const one = (kind, name, reason) => ({ kind, name, reason, extensions: '' });
  return [
    ...Object.entries(http).map(([host, reason]) => one('http', host, reason)),
    ...Object.entries(secrets).map(([name, reason]) => one('secret', name, reason)),
    ...(keyValue === undefined ? [] : [one('key-value', '', keyValue)]),
  ];
}

function describe(name, { title = '', description = '', input, output, serve, extensions }) {
  return {
    name,
    kind: serve ? SERVICE : DECISION,
    title,
    description,
    inputSchema: JSON.stringify(input),
    outputSchema: JSON.stringify(output),
    extensions: written(extensions),
  };
}

function written(extensions) {
  return extensions ? JSON.stringify(extensions) : '';
}

// What is no JSON, such as `undefined`, has no text: an answer that was forgotten is a fault.
function text(answer) {
  if (typeof answer?.then === 'function') {
    throw new TypeError('expected an answer, found a promise: a function has nothing to wait for');
  }
  const written = JSON.stringify(answer);
  if (written === undefined) {
    throw new TypeError('the function gave no answer');
  }
  return written;
}

// Nobody waits longer before the next attempt.
const DAY_MS = 86_400_000;

// A time as the contract has it: whole, and neither negative nor without end.
function milliseconds(time) {
  return Number.isNaN(Number(time ?? NaN)) ? null : Math.round(Math.min(Math.max(time, 0), DAY_MS));
}

// What is thrown to the host: the record `failure` of the contract, or the fault itself, which traps.
function refused(error, kind, log) {
  if (error instanceof Failure) {
    const { code, message, tryAgain } = error;
    const details = error.details === undefined ? '' : JSON.stringify(error.details);
    const failure = { code, message, details };
    return kind === DECISION
      ? failure
      : { ...failure, tryAgain, tryAgainAfterMs: milliseconds(error.tryAgainAfterMs), extensions: '' };
  }
  log.error(error instanceof Error ? `${error}\n${error.stack ?? ''}`.trim() : String(error));
  return error;
}
