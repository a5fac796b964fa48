// Unit tests run in Node.js, on a desk in place of the world.

import assert from 'node:assert/strict';
import test from 'node:test';

import { Desk } from 'casewright-plugin/desk';

import plugin from '../src/index.js';

const account = { crm: 'https://crm.example.com/', account: { id: 'KA-7', tier: 'core' } };
const secrets = { 'crm-token': 'token-of-the-crm' };
const write = (desk) => plugin.serve('write-account', account, desk, () => {});

test('an account is created once, and then written', () => {
  const desk = new Desk({
    secrets,
    http: ({ method }) => (method === 'POST' ? { status: 201, json: { id: 'c-1' } } : { status: 204 }),
  });
  assert.deepEqual(write(desk), { crm_id: 'c-1', created: true });
  assert.deepEqual(write(desk), { crm_id: 'c-1', created: false });
  const [first, second] = desk.requests;
  assert.equal(first.url, 'https://crm.example.com/accounts');
  assert.equal(first.headers.authorization, 'Bearer token-of-the-crm');
  assert.deepEqual(first.json(), { external_id: 'KA-7', tier: 'core' });
  assert.equal(second.url, 'https://crm.example.com/accounts/c-1');
});

test('failures say whether to try again', () => {
  const answers = (response) => new Desk({ secrets, http: () => response });
  const busy = { code: 'http-status', tryAgain: true, tryAgainAfterMs: 30_000 };
  assert.throws(() => write(answers({ status: 429, headers: { 'Retry-After': 30 } })), busy);
  assert.throws(() => write(answers({ status: 422 })), { code: 'crm-declined', tryAgain: false });
});

test('without a token nothing is sent', () => {
  const desk = new Desk();
  assert.throws(() => write(desk), { code: 'not-granted' });
  assert.equal(desk.requests.length, 0);
});
