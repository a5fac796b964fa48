// Unit tests run in Node.js, without the host; what the host is asked stands in `cases/`.

import assert from 'node:assert/strict';
import test from 'node:test';

import plugin from '../src/index.js';

test('no discount takes more than half of the margin', () => {
  const order = { amount: 2_000_000, tier: 'strategic', margin_percent: 6 };
  const answer = plugin.call('propose-discount', order);
  assert.equal(answer.percent, 3);
  assert.equal(answer.approver, 'account-manager');
});
