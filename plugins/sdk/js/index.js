// Write Casewright plugins in JavaScript: a list of functions from one JSON value to another.
//
// This file runs inside the plugin and, for unit tests, in Node.js. It imports nothing: what a plugin gets
// from the host is handed over by the entry that `build.js` writes.

// The only kind of function that this version of the contract knows: pure, called inside a step.
const DECISION = 'decision';

// Why a function declines to answer: a matter of its own domain, for workflows to branch on. Whatever else
// is thrown is a fault of the plugin: the call ends, and its log has the stack.
export class Failure extends Error {
  constructor(code, message, details) {
    super(message);
    this.name = 'Failure';
    this.code = code;
    this.details = details;
  }
}

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
export function plugin({ name, version, functions, extensions }) {
  const description = Object.freeze({
    name,
    version,
    functions: Object.entries(functions).map(([key, one]) => describe(key, one)),
    extensions: extensions ? JSON.stringify(extensions) : '',
  });

  const find = (key) => {
    if (!Object.hasOwn(functions, key)) {
      throw new Failure('unknown-function', `there is no function \`${key}\``);
    }
    return functions[key];
  };

  return Object.freeze({
    name,
    version,

    // For unit tests: asks a function as the host does, without the host's check of the schemas.
    call(key, input, write = consoleLog) {
      const answer = find(key).decide(JSON.parse(JSON.stringify(input)), logger(write));
      return JSON.parse(text(answer));
    },

    // The exports of the world `casewright:plugin/decision`, for the entry that is built.
    exports(write) {
      const log = logger(write);
      return {
        catalogue: { describe: () => description },
        decisions: {
          decide(key, input) {
            try {
              return text(find(key).decide(JSON.parse(input), log));
            } catch (error) {
              throw refused(error, log);
            }
          },
        },
      };
    },
  });
}

function describe(name, { title = '', description = '', input, output, extensions }) {
  return {
    name,
    kind: DECISION,
    title,
    description,
    inputSchema: JSON.stringify(input),
    outputSchema: JSON.stringify(output),
    extensions: extensions ? JSON.stringify(extensions) : '',
  };
}

// What is no JSON, such as `undefined`, has no text: an answer that was forgotten is a fault.
function text(answer) {
  if (typeof answer?.then === 'function') {
    throw new TypeError('expected an answer, found a promise: a decision has nothing to wait for');
  }
  const written = JSON.stringify(answer);
  if (written === undefined) {
    throw new TypeError('the function gave no answer');
  }
  return written;
}

// What is thrown to the host: the record `failure` of the contract, or the fault itself, which traps.
function refused(error, log) {
  if (error instanceof Failure) {
    const details = error.details === undefined ? '' : JSON.stringify(error.details);
    return { code: error.code, message: error.message, details };
  }
  log.error(error instanceof Error ? `${error}\n${error.stack ?? ''}`.trim() : String(error));
  return error;
}
