// Services as the host sees them, and as unit tests do.

import assert from 'node:assert/strict';
import test from 'node:test';

import { Desk } from './desk.js';
import { Failure, plugin } from './index.js';

const any = { type: 'object' };
const silent = () => {};

// A plugin whose one function is `serve`.
const of = (serve, more = {}) => plugin({ name: 'demo', version: '1.2.0', functions: { go: { input: any, output: any, serve } }, ...more });
// What `serve` gives on a desk.
const on = (desk, serve) => of(serve).serve('go', {}, desk, silent);
const answering = (reply) => new Desk({ http: () => reply });

test('it says what it wants, in the words of the contract', () => {
  const wants = { http: { '*': 'asks' }, secrets: { token: 'is asked' }, keyValue: 'remembers' };
  const described = of(() => ({}), { wants }).exports(silent, new Desk()).catalogue.describe();
  assert.equal(described.functions[0].kind, 'service');
  assert.deepEqual(described.capabilities, [
    { kind: 'http', name: '*', reason: 'asks', extensions: '' },
    { kind: 'secret', name: 'token', reason: 'is asked', extensions: '' },
    { kind: 'key-value', name: '', reason: 'remembers', extensions: '' },
  ]);
});

test('a plugin is of one kind, and is built as that', () => {
  const one = { input: any, output: any };
  const both = { name: 'demo', version: '1.2.0', functions: { a: { ...one, serve() {} }, b: { ...one, decide() {} } } };
  assert.throws(() => plugin(both), /all decisions or all services/);
  assert.throws(() => of(() => ({})).exports(silent), /is built as `decision`: say `"casewright": \{ "kind": "service" \}`/);
  const decisions = { name: 'demo', version: '1.2.0', functions: { b: { ...one, decide() {} } } };
  assert.throws(() => plugin(decisions).exports(silent, new Desk()), /is built as `service`/);
  assert.throws(() => plugin({ ...decisions, wants: { keyValue: 'no' } }), /decisions, which reach nothing/);
});

test('a request goes out as it was meant', () => {
  const desk = answering({ headers: { 'X-Say': 'hi' }, json: { café: 1 } });
  const answer = on(desk, (_, { fetch }) => {
    const response = fetch('https://a.example/x?y', { method: 'post', bearer: 't', headers: { 'X-N': 7 }, json: { é: 1 } });
    return { ok: response.ok, say: response.header('x-say'), json: response.json(), size: response.bytes().length };
  });
  assert.deepEqual(answer, { ok: true, say: 'hi', json: { café: 1 }, size: 11 });
  const [{ method, url, headers, body }] = desk.requests;
  assert.deepEqual([method, url, body], ['POST', 'https://a.example/x?y', '{"é":1}']);
  assert.deepEqual(headers, { 'x-n': '7', authorization: 'Bearer t', 'content-type': 'application/json' });
});

test('success is what the status says', () => {
  const failure = (reply) => {
    try {
      on(answering(reply), (_, { fetch }) => ({ status: fetch('https://a.example').success().status }));
    } catch ({ code, details, tryAgain, tryAgainAfterMs }) {
      return [code, details.status, tryAgain, tryAgainAfterMs];
    }
    return [];
  };
  assert.deepEqual(failure({ status: 204 }), []);
  assert.deepEqual(failure({ status: 404 }), ['http-status', 404, false, undefined]);
  assert.deepEqual(failure({ status: 301 }), ['http-status', 301, false, undefined]);
  assert.deepEqual(failure({ status: 500 }), ['http-status', 500, true, undefined]);
  assert.deepEqual(failure({ status: 429, headers: { 'Retry-After': 7 } }), ['http-status', 429, true, 7000]);
  const date = { 'Retry-After': 'Fri, 31 Dec 2027 23:59:59 GMT' };
  assert.deepEqual(failure({ status: 503, headers: date }), ['http-status', 503, true, undefined]);
  assert.deepEqual(failure({ status: 409, headers: { 'Retry-After': 7 } }), ['http-status', 409, false, undefined]);
});

test('what is not there is a failure, which may be handled', () => {
  assert.throws(() => on(new Desk(), (_, { secret }) => ({ it: secret('token') })), { code: 'not-granted', tryAgain: false });
  assert.throws(() => on(new Desk(), (_, { fetch }) => fetch('https://a.example')), { code: 'http-unreachable', tryAgain: true });
  const handled = on(new Desk(), (_, { secret }) => {
    try {
      return { it: secret('token') };
    } catch (error) {
      return { it: error instanceof Failure ? error.code : 'odd' };
    }
  });
  assert.deepEqual(handled, { it: 'not-granted' });
});

test('it remembers from call to call', () => {
  const desk = new Desk();
  const count = () =>
    on(desk, (_, { keyValue }) => {
      const before = keyValue.getJson('n') ?? 0;
      keyValue.setJson('n', before + 1);
      keyValue.set(`seen ${before}`, 'é');
      return { before, keys: keyValue.keys('seen '), after: keyValue.keys('seen ', 'seen 0') };
    });
  assert.deepEqual(count(), { before: 0, keys: ['seen 0'], after: [] });
  assert.deepEqual(count(), { before: 1, keys: ['seen 0', 'seen 1'], after: ['seen 1'] });
  assert.deepEqual(desk.entries.get('seen 0'), new Uint8Array([0xc3, 0xa9]));
  on(desk, (_, { keyValue }) => {
    keyValue.delete('n');
    return { left: keyValue.get('n') ?? null };
  });
  assert.equal(desk.entries.has('n'), false);
});

test('it knows which call it is, and what time', () => {
  const desk = new Desk({ now: new Date(0), attempt: { number: 3 } });
  const told = on(desk, (_, { attempt, now, random }) => ({ ...attempt, now: now(), drawn: random(4).length }));
  assert.deepEqual(told, { key: 'desk', number: 3, caseId: 'case', now: '1970-01-01T00:00:00.000Z', drawn: 4 });
});

test('a failure is the record of the contract', () => {
  const host = of(() => {
    throw new Failure('busy', 'not now', undefined, { tryAgainAfterMs: 500 });
  }).exports(silent, new Desk());
  const expected = { code: 'busy', message: 'not now', details: '', tryAgain: true, tryAgainAfterMs: 500, extensions: '' };
  assert.throws(
    () => host.services.serve('go', '{}', { key: 'k', number: 1, caseId: 'c', extensions: '' }),
    (thrown) => {
      assert.deepEqual(thrown, expected);
      return true;
    },
  );
});
