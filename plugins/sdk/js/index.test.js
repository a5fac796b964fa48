// The SDK as the host sees it, without a host.

import assert from 'node:assert/strict';
import test from 'node:test';

import { Failure, plugin } from './index.js';

const any = { type: 'object' };
const lines = [];
const demo = plugin({
  name: 'demo',
  version: '1.2.0',
  functions: {
    double: {
      title: 'Double',
      input: any,
      output: any,
      decide({ n }, log) {
        log.info(`doubling ${n}`);
        if (n < 0) throw new Failure('negative', 'expected a positive number', { n });
        if (n === 0) return undefined;
        if (n === 1) return Promise.resolve({ n });
        return { n: n * 2 };
      },
    },
  },
});
const host = demo.exports((level, message) => lines.push(`${level}: ${message}`));

test('it describes itself in the words of the contract', () => {
  const described = host.catalogue.describe();
  assert.equal(described.name, 'demo');
  assert.deepEqual(described.functions[0], {
    name: 'double',
    kind: 'decision',
    title: 'Double',
    description: '',
    inputSchema: '{"type":"object"}',
    outputSchema: '{"type":"object"}',
    extensions: '',
  });
});

test('an answer is text, and log lines reach the host', () => {
  assert.equal(host.decisions.decide('double', '{"n":4}'), '{"n":8}');
  assert.deepEqual(lines.splice(0), ['info: doubling 4']);
});

test('a failure is the record of the contract', () => {
  assert.throws(
    () => host.decisions.decide('double', '{"n":-1}'),
    (thrown) => {
      assert.deepEqual(thrown, { code: 'negative', message: 'expected a positive number', details: '{"n":-1}' });
      return true;
    },
  );
  assert.throws(() => host.decisions.decide('triple', '{}'), { code: 'unknown-function' });
  lines.length = 0;
});

test('a fault is thrown as it is, and its stack is logged', () => {
  assert.throws(() => host.decisions.decide('double', '{"n":0}'), TypeError);
  assert.match(lines.at(-1), /^error: TypeError: the function gave no answer\n.*index\.js/s);
});

test('a promise is no answer', () => {
  assert.throws(() => host.decisions.decide('double', '{"n":1}'), /found a promise/);
});

test('a unit test gets what the host would get', () => {
  assert.deepEqual(demo.call('double', { n: 2.5 }, () => {}), { n: 5 });
  assert.throws(() => demo.call('double', { n: -1 }, () => {}), Failure);
});
