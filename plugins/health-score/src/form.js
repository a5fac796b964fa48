// @ts-check
// What goes in and what comes out: the types for whoever writes the rule, the schemas for whoever writes workflows.

/**
 * @typedef {{ figure: number, worst: number, best: number }} Measured
 * @typedef {{ name: string, weight: number, value?: number | null, measured?: Measured | null }} Part
 * @typedef {{ name: string, points: number, at_once?: boolean }} Deduction
 * @typedef {{ attention?: number, high_risk?: number }} Limits
 * @typedef {{ parts: Part[], deductions?: Deduction[], limits?: Limits }} Account
 *
 * @typedef {'healthy' | 'attention' | 'high-risk'} Level
 * @typedef {{ name: string, value: number, weight: number, share_percent: number, points: number }} Counted
 * @typedef {{ score: number, level: Level, before_deductions: number, known_percent: number, parts: Counted[],
 *   deductions: { name: string, points: number }[], missing: string[], reasons: string[] }} Health
 */

// Where the sources state a limit; a company may give its own.
export const ATTENTION = 80;
export const HIGH_RISK = 70;

// Far beyond what anybody measures, and near enough to be added up and divided.
const FAR = 1e12;

/** @typedef {import('casewright-plugin').Schema} Schema */

/** @type {(description: string) => Schema} */
const name = (description) => ({ type: 'string', minLength: 1, maxLength: 200, description });
/** @type {(description: string) => Schema} */
const worth = (description) => ({ type: 'number', minimum: 0, maximum: 100, description });
/** @type {(description: string) => Schema} */
const figure = (description) => ({ type: 'number', minimum: -FAR, maximum: FAR, description });
/** @type {(items: Schema, description: string) => Schema} */
const list = (items, description) => ({ type: 'array', items, description });

/**
 * An object with these fields and no others. Those of `optional` may be left away.
 *
 * @type {(properties: { [name: string]: Schema }, optional?: string[]) => Schema}
 */
const object = (properties, optional = []) => ({
  type: 'object',
  additionalProperties: false,
  required: Object.keys(properties).filter((key) => !optional.includes(key)),
  properties,
});

/** @type {(schema: Schema) => Schema} */
const orNull = (schema) => ({ ...schema, type: [schema.type, 'null'] });

const MEASURED = object({
  figure: figure('What was measured, such as logins a week.'),
  worst: figure('The figure that is worth 0. Above `best` where less is better, such as days of late payment.'),
  best: figure('The figure that is worth 100.'),
});

const PART = object(
  {
    name: name('Its name, unique, such as `login-frequency`.'),
    weight: { type: 'number', minimum: 0, maximum: FAR, description: 'How much it counts, beside the others.' },
    value: orNull(worth('What it is worth as somebody has rated it. Absent or null while nothing is known.')),
    measured: orNull({ ...MEASURED, description: 'In place of `value`: a figure, and what it is worth.' }),
  },
  ['value', 'measured'],
);

const DEDUCTION = object(
  {
    name: name('What pulls the account down, such as `key-contact-left`.'),
    points: worth('How many points it takes off the score.'),
    at_once: {
      type: 'boolean',
      default: false,
      description: 'Whether an account below the limit `attention` is at high risk with it (003 §7.1.2.1).',
    },
  },
  ['at_once'],
);

export const INPUT = object(
  {
    parts: list(PART, 'What the company looks at. A part without value stands here, too: it is told as missing.'),
    deductions: list(DEDUCTION, 'What pulls the account down at present.'),
    limits: {
      ...object(
        {
          attention: { ...worth('The score below which somebody has to look.'), default: ATTENTION },
          high_risk: { ...worth('The score below which the account may be lost.'), default: HIGH_RISK },
        },
        ['attention', 'high_risk'],
      ),
      description: 'The limits of the company; what is absent is as the sources state it.',
    },
  },
  ['deductions', 'limits'],
);

const COUNTED = object({
  name: name('Its name.'),
  value: worth('What it is worth, two decimals.'),
  weight: { type: 'number', description: 'Its weight as given.' },
  share_percent: worth('Its share of the weight of all parts that are known, two decimals.'),
  points: worth('What it adds to the score, two decimals.'),
});

const TAKEN = object({
  name: name('What takes them.'),
  points: worth('The points as given, whether or not the score had so many.'),
});

export const OUTPUT = object({
  score: worth('The health score, two decimals.'),
  level: { enum: ['healthy', 'attention', 'high-risk'], description: 'What the score means.' },
  before_deductions: worth('The weighted mean of the parts, two decimals.'),
  known_percent: worth('The share of the whole weight that is of parts of which something is known, two decimals.'),
  parts: list(COUNTED, 'What the score is made of, in the order of the input.'),
  deductions: list(TAKEN, 'What was taken off, in the order of the input.'),
  missing: list({ type: 'string' }, 'The parts of which nothing is known, in the order of the input.'),
  reasons: list({ type: 'string' }, 'How the level came about, in sentences.'),
});
