// @ts-check
// Writes an account into the company's CRM.

import { Failure, plugin } from 'casewright-plugin';

// The name of the secret that the CRM accepts.
const TOKEN = 'crm-token';

/**
 * @typedef {{ crm: string, account: { id: string, tier: string } }} Write
 * @typedef {{ crm_id: string, created: boolean }} Written
 * @typedef {import('casewright-plugin').Response} Response
 */

/**
 * It may be called more than once for the same thing. The CRM makes one record all the same: its id is remembered, and the
 * header `Idempotency-Key`, which goes with every request, is the same each time.
 *
 * @param {Write} write
 * @param {import('casewright-plugin').Context} context
 * @returns {Written}
 */
function writeAccount({ crm, account }, context) {
  const base = crm.replace(/\/+$/, '');
  const bearer = context.secret(TOKEN);
  const json = { external_id: account.id, tier: account.tier };
  const memory = `${base} ${account.id}`;
  const known = context.keyValue.getJson(memory);
  if (known !== undefined) {
    const response = context.fetch(`${base}/accounts/${encodeURIComponent(known)}`, { method: 'PUT', bearer, json });
    if (response.status !== 404) {
      accepted(response);
      return { crm_id: known, created: false };
    }
    context.log.warn(`the CRM no longer has the record \`${known}\``);
    context.keyValue.delete(memory);
  }
  const response = accepted(context.fetch(`${base}/accounts`, { method: 'POST', bearer, json }));
  const { id } = response.json();
  context.log.info(`the CRM has the account as \`${id}\``);
  context.keyValue.setJson(memory, id);
  return { crm_id: id, created: true };
}

/**
 * @param {Response} response
 * @returns {Response} what is no success says by itself whether another attempt is of use
 */
function accepted(response) {
  if (response.status === 422) {
    throw new Failure('crm-declined', 'the CRM does not take the account as it is');
  }
  return response.success();
}

export default plugin({
  name: '{{name}}',
  version: '0.1.0',
  wants: {
    http: { '*': "writes accounts into the company's CRM" },
    secrets: { [TOKEN]: 'the CRM asks who writes' },
    keyValue: "remembers the CRM's id of each account",
  },
  functions: {
    'write-account': {
      title: 'Write an account to the CRM',
      description: 'Writes number and tier of an account into the CRM, and makes the record when there is none.',
      input: {
        type: 'object',
        additionalProperties: false,
        required: ['crm', 'account'],
        properties: {
          crm: { type: 'string', minLength: 8, description: "Where the CRM's API begins." },
          account: {
            type: 'object',
            description: 'The account.',
            additionalProperties: false,
            required: ['id', 'tier'],
            properties: {
              id: { type: 'string', minLength: 1, maxLength: 100, description: "The account's number in our books." },
              tier: { type: 'string', description: 'Its tier.' },
            },
          },
        },
      },
      output: {
        type: 'object',
        additionalProperties: false,
        required: ['crm_id', 'created'],
        properties: {
          crm_id: { type: 'string', description: "The account's id in the CRM." },
          created: { type: 'boolean', description: 'Whether the CRM did not know the account before.' },
        },
      },
      serve: writeAccount,
    },
  },
});
