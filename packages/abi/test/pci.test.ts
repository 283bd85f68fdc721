/** PCI devices in the tree: the cases of group J, and what they leave open. */
import { CASES, runKit } from '@tsm/abi/kit';
import { describe, expect, it } from 'vitest';
import { target } from './support/target.ts';

const J = CASES.filter(({ group }) => group === 'J');

describe('group J', () => {
  it.each(J.map((one) => [one.id, one.title, one] as const))('%i %s', async (_id, _title, one) => {
    const { cases } = await runKit(target, { cases: [one] });
    expect(cases.map(({ status, reason }) => [status, reason])).toEqual([['passed', undefined]]);
  });
});
