/** One verdict over a confidential VM and its devices: none is better than the worst of them. */
import { conclude, type Check, type Verdict } from '@tsm/core';

const STATUS = { pass: 'pass', fail: 'fail', inconclusive: 'skipped' } as const;

const UNBOUND: Pick<Verdict, 'checks' | 'notChecked'> = {
  checks: [],
  notChecked: [
    {
      id: 'binding',
      reason: 'nothing was given that ties the devices to the machine: they may be of another one',
    },
  ],
};

/**
 * `machine`: of the VM's own evidence. `devices`: verdicts by address, at least what was accepted. `binding`: what ties
 * them together, as {@link checkBinding} gives it.
 */
export function compositeVerdict(
  machine: Verdict,
  devices: ReadonlyMap<string, Verdict>,
  binding: Pick<Verdict, 'checks' | 'notChecked'> = UNBOUND,
): Verdict {
  const parts = [['machine', machine] as const, ...devices];
  const checks = parts.map(([name, one]): Check => {
    const id = name === 'machine' ? name : `device.${name}`;
    const title = name === 'machine' ? 'the confidential VM' : `device ${name}`;
    // What was left open stays open in the whole.
    return { id, title, status: STATUS[one.verdict], checks: one.checks };
  });
  const notChecked = parts.flatMap(([name, one]) =>
    one.notChecked.map(({ id, reason }) => ({ id: `${name}.${id}`, reason })),
  );
  const { technology, tcbStatus } = machine;
  return {
    ...conclude([...checks, ...binding.checks], [...notChecked, ...binding.notChecked]),
    ...(technology === undefined ? {} : { technology }),
    ...(tcbStatus === undefined ? {} : { tcbStatus }),
  };
}
