// @ts-check
// The rule, which `index.js` states in words.

import { Failure } from 'casewright-plugin';

import { ATTENTION, HIGH_RISK } from './form.js';

/**
 * @param {import('./form.js').Account} account
 * @returns {import('./form.js').Health}
 * @throws {Failure} `named-twice`, `given-twice` and `scale-without-length` of a part, `limits-crossed`, and
 *   `nothing-known` or `weights-sum-to-zero` where there is nothing to take the mean of
 */
export function scoreHealth({ parts, deductions = [], limits = {} }) {
  const { attention = ATTENTION, high_risk = HIGH_RISK } = limits;
  if (high_risk > attention) {
    const found = `\`high_risk\` is ${high_risk}, above \`attention\`, which is ${attention}`;
    throw new Failure('limits-crossed', `expected \`high_risk\` up to \`attention\`; ${found}`);
  }
  namedOnce('parts', parts);
  namedOnce('deductions', deductions);
  const worths = parts.map((part) => ({ ...part, worth: worthOf(part) }));
  const known = worths.filter(isKnown);
  const missing = worths.filter((part) => !isKnown(part)).map((part) => part.name);
  if (known.length === 0) {
    throw new Failure('nothing-known', 'no part has a value, so there is no score', { missing });
  }
  const weight = sum(known.map((part) => part.weight));
  if (weight === 0) {
    const names = known.map((part) => part.name);
    throw new Failure('weights-sum-to-zero', `the weights of ${quoted(names)} sum to zero`, { parts: names });
  }
  const mean = sum(known.map((part) => part.worth * (part.weight / weight)));
  const score = rounded(Math.max(0, mean - sum(deductions.map(({ points }) => points))));
  const { level, reason } = levelOf(score, { attention, high_risk }, deductions);
  return {
    score,
    level,
    before_deductions: rounded(mean),
    known_percent: rounded((weight / sum(parts.map((part) => part.weight))) * 100),
    parts: known.map((part) => ({
      name: part.name,
      value: rounded(part.worth),
      weight: part.weight,
      share_percent: rounded((part.weight / weight) * 100),
      points: rounded(part.worth * (part.weight / weight)),
    })),
    deductions: deductions.map(({ name, points }) => ({ name, points })),
    missing,
    reasons: [
      `the weighted mean of ${known.length} of ${parts.length} parts is ${rounded(mean)}`,
      ...deductions.map(({ name, points }) => `\`${name}\` takes off ${points}`),
      reason,
      ...(missing.length > 0 ? [`nothing is known of ${quoted(missing)}`] : []),
    ],
  };
}

/**
 * What a part is worth, 0 to 100; null while nothing is known of it.
 *
 * @param {import('./form.js').Part} part
 * @returns {number | null}
 */
function worthOf({ name, value, measured }) {
  const [rated, found] = [value ?? null, measured ?? null];
  if (found === null) {
    return rated;
  }
  if (rated !== null) {
    throw new Failure('given-twice', `\`${name}\` has a value and a figure; expected one of them`);
  }
  const { figure, worst, best } = found;
  if (worst === best) {
    throw new Failure('scale-without-length', `the worst and the best figure of \`${name}\` are both ${best}`);
  }
  return Math.min(100, Math.max(0, ((figure - worst) / (best - worst)) * 100));
}

/**
 * @param {number} score
 * @param {Required<import('./form.js').Limits>} limits
 * @param {import('./form.js').Deduction[]} deductions
 * @returns {{ level: import('./form.js').Level, reason: string }}
 */
function levelOf(score, { attention, high_risk }, deductions) {
  if (score < high_risk) {
    return { level: 'high-risk', reason: `${score} is below ${high_risk}` };
  }
  if (score >= attention) {
    return { level: 'healthy', reason: `${score} is not below ${attention}` };
  }
  const urgent = deductions.filter(({ at_once }) => at_once).map(({ name }) => name);
  if (urgent.length > 0) {
    return { level: 'high-risk', reason: `${score} is below ${attention}, and there is ${quoted(urgent)}` };
  }
  return { level: 'attention', reason: `${score} is below ${attention}` };
}

/**
 * @param {string} field
 * @param {{ name: string }[]} things
 */
function namedOnce(field, things) {
  const seen = new Set();
  for (const { name } of things) {
    if (seen.has(name)) {
      throw new Failure('named-twice', `two of \`${field}\` have the name \`${name}\``);
    }
    seen.add(name);
  }
}

/**
 * @template {{ worth: number | null }} Part
 * @param {Part} part
 * @returns {part is Part & { worth: number }}
 */
function isKnown(part) {
  return part.worth !== null;
}

/** @param {number[]} numbers */
function sum(numbers) {
  return numbers.reduce((all, one) => all + one, 0);
}

/** @param {number} number */
function rounded(number) {
  return Math.round(number * 100) / 100;
}

/** @param {string[]} names */
function quoted(names) {
  return names.map((name) => `\`${name}\``).join(', ');
}
