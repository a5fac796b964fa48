// Unit tests run in Node.js, without the host; what the host is asked stands in `cases/`.

import assert from 'node:assert/strict';
import test from 'node:test';

import plugin from '../src/index.js';

const ask = (account) => plugin.call('score-health', account);
const one = (value) => [{ name: 'interactions', weight: 1, value }];
const refused = (account, code) => assert.throws(() => ask(account), { name: 'Failure', code });

test('a level begins at its limit', () => {
  for (const [value, level] of [
    [100, 'healthy'],
    [80, 'healthy'],
    [79.996, 'healthy'],
    [79.99, 'attention'],
    [70, 'attention'],
    [69.99, 'high-risk'],
    [0, 'high-risk'],
  ]) {
    assert.equal(ask({ parts: one(value) }).level, level, `${value}`);
  }
});

test('weights count beside each other, whatever they sum to', () => {
  const parts = (factor) => [
    { name: 'transactions', weight: 3 * factor, value: 90 },
    { name: 'payments', weight: factor, value: 50 },
  ];
  const small = ask({ parts: parts(0.001) });
  const large = ask({ parts: parts(25) });
  assert.equal(small.score, 80);
  assert.deepEqual(small.parts.map((part) => part.share_percent), [75, 25]);
  assert.deepEqual(small.reasons, large.reasons);
});

test('what is not known shifts the weight to what is', () => {
  const parts = [
    { name: 'transactions', weight: 1, value: 60 },
    { name: 'preferences', weight: 3 },
  ];
  const health = ask({ parts });
  assert.equal(health.score, 60);
  assert.equal(health.known_percent, 25);
  assert.deepEqual(health.missing, ['preferences']);
  assert.deepEqual(ask({ parts: [parts[0], { ...parts[1], value: null, measured: null }] }), health);
});

test('a value of nought is known', () => {
  const health = ask({ parts: [...one(0), { name: 'payments', weight: 1, value: 100 }] });
  assert.equal(health.score, 50);
  assert.deepEqual(health.missing, []);
});

test('a figure is worth what it is between the worst and the best', () => {
  const worth = (figure, worst, best) => {
    const { parts } = ask({ parts: [{ name: 'figure', weight: 1, measured: { figure, worst, best } }] });
    return parts[0].value;
  };
  assert.equal(worth(12, 0, 20), 60);
  assert.equal(worth(15, 60, 0), 75);
  assert.equal(worth(-5, -10, 10), 25);
  assert.equal(worth(21, 0, 20), 100);
  assert.equal(worth(90, 60, 0), 0);
});

test('points go down to nought and no further', () => {
  const deductions = [
    { name: 'complaint', points: 30 },
    { name: 'late-payment', points: 40 },
  ];
  const health = ask({ parts: one(50), deductions });
  assert.equal(health.score, 0);
  assert.equal(health.before_deductions, 50);
  assert.deepEqual(health.deductions, deductions);
});

test('what is urgent makes a high risk of an account that needs attention, and of no healthy one', () => {
  const level = (value, points) => {
    const deductions = [{ name: 'key-contact-left', points, at_once: true }];
    return ask({ parts: one(value), deductions }).level;
  };
  assert.equal(level(90, 5), 'healthy');
  assert.equal(level(84, 5), 'high-risk');
  assert.equal(level(79, 0), 'high-risk');
});

test('a company may have one limit in place of two', () => {
  const limits = { attention: 60, high_risk: 60 };
  assert.equal(ask({ parts: one(60), limits }).level, 'healthy');
  assert.equal(ask({ parts: one(59), limits }).level, 'high-risk');
});

test('what has no answer is refused by its code', () => {
  refused({ parts: [] }, 'nothing-known');
  refused({ parts: [{ name: 'payments', weight: 0, value: 70 }] }, 'weights-sum-to-zero');
  refused({ parts: [...one(1), ...one(2)] }, 'named-twice');
  const twice = [{ name: 'left', points: 1 }, { name: 'left', points: 2 }];
  refused({ parts: one(1), deductions: twice }, 'named-twice');
  refused({ parts: one(1), limits: { high_risk: 85 } }, 'limits-crossed');
  const measured = { figure: 1, worst: 0, best: 2 };
  refused({ parts: [{ name: 'logins', weight: 1, value: 1, measured }] }, 'given-twice');
  const flat = { ...measured, best: 0 };
  refused({ parts: [{ name: 'logins', weight: 1, measured: flat }] }, 'scale-without-length');
});
