// @ts-check
// Which discount an order gets, and who has to approve it.

import { Failure, plugin } from 'casewright-plugin';

// Shares of the price by the least amount of the order, in yuan.
const BY_AMOUNT = [
  { least: 1_000_000, percent: 6 },
  { least: 300_000, percent: 4 },
  { least: 100_000, percent: 2 },
];
const BY_TIER = { strategic: 2, core: 1, potential: 0 };

/**
 * @typedef {{ amount: number, tier: keyof typeof BY_TIER, margin_percent: number }} Order
 * @typedef {{ percent: number, approver: string, reasons: string[] }} Discount
 */

/**
 * @param {Order} order
 * @param {import('casewright-plugin').Log} log
 * @returns {Discount}
 */
function proposeDiscount(order, log) {
  if (order.amount === 0) {
    throw new Failure('nothing-ordered', 'an order of nothing has no discount');
  }
  const byAmount = BY_AMOUNT.find(({ least }) => order.amount >= least)?.percent ?? 0;
  const byTier = BY_TIER[order.tier];
  const reasons = [`the amount gives ${byAmount} %`];
  if (byTier > 0) {
    reasons.push(`the tier \`${order.tier}\` adds ${byTier} %`);
  }
  let percent = byAmount + byTier;
  const most = order.margin_percent / 2;
  if (percent > most) {
    log.warn(`${percent} % is more than half of the margin`);
    reasons.push('held at half of the margin');
    percent = most;
  }
  const approver = percent <= 3 ? 'account-manager' : percent <= 6 ? 'ka-director' : 'senior-management';
  return { percent, approver, reasons };
}

export default plugin({
  name: '{{name}}',
  version: '0.1.0',
  functions: {
    'propose-discount': {
      title: 'Propose a discount',
      description: 'The discount by amount and tier, at most half of the margin, and who approves it.',
      input: {
        type: 'object',
        additionalProperties: false,
        required: ['amount', 'tier', 'margin_percent'],
        properties: {
          amount: { type: 'number', minimum: 0, description: 'What the order is worth, in yuan.' },
          tier: { enum: Object.keys(BY_TIER), description: 'The tier of the account.' },
          margin_percent: { type: 'number', minimum: 0, maximum: 100, description: 'Our margin on it, in percent.' },
        },
      },
      output: {
        type: 'object',
        additionalProperties: false,
        required: ['percent', 'approver', 'reasons'],
        properties: {
          percent: { type: 'number', description: 'Share of the price, in percent.' },
          approver: { type: 'string', description: 'The role that has to approve it.' },
          reasons: { type: 'array', items: { type: 'string' }, description: 'How it came about, in sentences.' },
        },
      },
      decide: proposeDiscount,
    },
  },
});
