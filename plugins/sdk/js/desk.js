// A world for unit tests of services in Node.js: without WebAssembly, without a network, without a server.

// Throws what the host says, as it comes to a plugin.
const say = (payload) => {
  throw Object.assign(new Error(payload.message), { payload });
};

// Who answers when nothing else is said.
const nobody = () => say({ code: 'http-unreachable', message: 'nothing answers on this desk', tryAgain: true });

const encoder = new TextEncoder();
const decoder = new TextDecoder();

// See `index.d.ts` for what goes in. It stands for the host: what it throws is what the host would.
export class Desk {
  // What was sent, in order.
  requests = [];
  // What is remembered.
  entries = new Map();

  constructor({ secrets = {}, http = nobody, now = new Date(), attempt = {} } = {}) {
    this.attempt = { key: 'desk', number: 1, caseId: 'case', ...attempt };
    this.secrets = { get: (name) => known(secrets, name) };
    this.keyValue = {
      get: (key) => this.entries.get(key) ?? null,
      set: (key, value) => void this.entries.set(key, value),
      delete: (key) => void this.entries.delete(key),
      keys: (prefix, after) => {
        const keys = [...this.entries.keys()].filter((key) => key.startsWith(prefix));
        return keys.sort().filter((key) => after === null || key > after).slice(0, 1000);
      },
    };
    this.reach = {
      send: (request) => {
        const seen = readable(request);
        this.requests.push(seen);
        return written(http(seen));
      },
      now: () => now.getTime(),
      random: (count) => crypto.getRandomValues(new Uint8Array(count)),
      encode: (text) => encoder.encode(text),
      decode: (bytes) => decoder.decode(bytes),
    };
  }
}

function known(secrets, name) {
  if (!Object.hasOwn(secrets, name)) {
    say({ code: 'not-granted', message: `there is no secret \`${name}\`` });
  }
  return secrets[name];
}

// A request as a test wants to see it.
function readable({ method, url, headers, body }) {
  const text = decoder.decode(body);
  const names = headers.map(([name, value]) => [name.toLowerCase(), value]);
  return {
    method,
    url,
    headers: Object.fromEntries(names),
    body: text,
    json: () => JSON.parse(text),
  };
}

// A response as the host gives it: `json`, or `body` as text.
function written({ status = 200, headers = {}, body = '', json }) {
  const text = json === undefined ? body : JSON.stringify(json);
  return { status, headers: Object.entries(headers).map(([name, value]) => [name, String(value)]), body: encoder.encode(text) };
}
