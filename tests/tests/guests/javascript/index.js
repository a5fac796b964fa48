// What may go wrong in a plugin in JavaScript, and what must not: asked by the cases beside it.

import { Failure, plugin } from 'casewright-plugin';

import { shout } from './shout.js';

const any = { type: 'object' };
const decision = (decide) => ({ input: any, output: any, decide });

let calls = 0;

export default plugin({
  name: 'faults',
  version: '0.1.0',
  functions: {
    fault: decision((input) => input.no.such.field),
    nothing: decision(() => undefined),
    promise: decision(async () => ({})),
    refuse: decision((input) => {
      throw new Failure('not-today', 'it is not the day', { input });
    }),
    clock: decision(() => ({ now: Date.now() })),
    loop: decision(() => {
      for (;;);
    }),
    deep: decision(() => {
      const fall = (depth) => fall(depth + 1) + 1;
      return { depth: fall(0) };
    }),
    remember: decision(() => ({ calls: (calls += 1) })),
    shout: decision(({ text }, log) => {
      log.info(text);
      return { text: shout(text) };
    }),
  },
});
