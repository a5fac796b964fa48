// @ts-check
// Scores the health of an account: 0 to 100, the level that this is, and what it is made of.
//
// Domain catalogue V13; the process is section 3.4.1 (003 §5.1.2.1, §6.2.1), the levels stand in section 2.6. The
// sources name what is looked at - interactions, transactions, preferences, login frequency, feature use, payment
// behaviour, changes of key contacts - and neither a formula nor weights. So the parts, their weights and what a
// figure is worth come with the input, from the company's parameters; this plugin holds the rule alone:
//
// 1. A part is worth 0 to 100: as somebody has rated it, or as a figure lies between the company's worst and best.
//    A figure beyond these is worth no less than 0 and no more than 100.
// 2. The score is the mean of the parts of which something is known, weighted. What nothing is known of is named,
//    and how much of the whole weight is known; it is for the workflow to say what that is worth.
// 3. What pulls the account down takes its points off, down to 0 at most.
// 4. The score is rounded to two decimals, and what is rounded is what limits are held against, so that no account
//    is warned of with a score that reads like the limit.
// 5. Below `attention` (003 §5.1.2.1: 80) somebody has to look, below `high_risk` (003 §7.1.2.1: 70) the account may
//    be lost. A key contact who leaves makes the latter of the former at once (003 §7.1.2.1).

import { plugin } from 'casewright-plugin';

import { INPUT, OUTPUT } from './form.js';
import { scoreHealth } from './score.js';

export default plugin({
  name: 'health-score',
  version: '0.1.0',
  functions: {
    'score-health': {
      title: 'Score the health of an account',
      description:
        'How healthy an account is, 0 to 100, by parts and weights of the company, the level, and what is missing.',
      input: INPUT,
      output: OUTPUT,
      decide: scoreHealth,
    },
  },
});
