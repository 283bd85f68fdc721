/** Holds claims against a policy: one check for each thing that the policy says. */
import { toHex, type Verdict } from '@tsm/core';
import { CheckList } from '../checks.ts';
import type { AppraisalClaims, ClaimedRegister } from './claims.ts';
import { claimText, constraintText, holds } from './constraint.ts';
import type { Policy, ReferenceValue } from './model.ts';

/** A value counts until it expires; without a time nothing expires. */
function current({ expires }: ReferenceValue, now: Date | undefined): boolean {
  return expires === undefined || now === undefined || now.getTime() < Date.parse(expires);
}

function shownValues(values: readonly ReferenceValue[]): string {
  if (values.length === 0) return 'no value';
  return values.map(({ value, name }) => (name === undefined ? value : `${value} (${name})`)).join(' or ');
}

/** What the checks of one appraisal share. */
class Appraiser {
  readonly checks = new CheckList();
  private readonly claims: AppraisalClaims;
  private readonly policy: Policy;
  private readonly now: Date | undefined;
  /** Registers that some reference value was compared with. */
  private readonly compared = new Set<string>();

  constructor(claims: AppraisalClaims, policy: Policy, now: Date | undefined) {
    this.claims = claims;
    this.policy = policy;
    this.now = now;
  }

  technology(list: CheckList): void {
    const { technologies } = this.policy;
    if (technologies === undefined) return;
    const { technology } = this.claims;
    list.check('policy.technology', 'Technology', technologies.includes(technology), {
      expected: technologies.join(' or '),
      actual: technology,
    });
  }

  debug(list: CheckList): void {
    if (this.policy.debug === 'allow') return;
    const { debug } = this.claims.claims;
    list.check('policy.debug', 'Debug is off', debug === false, {
      expected: 'false',
      actual: debug === undefined ? 'the evidence does not say' : claimText(debug),
      remedy: 'a debug TVM can be read by its host: launch without debug, or allow it with "debug": "allow"',
    });
  }

  tcbStatus(list: CheckList): void {
    const { tcbStatus: accepted } = this.policy;
    if (accepted === undefined) return;
    const { tcbStatus } = this.claims;
    list.check(
      'policy.tcb-status',
      'Status of the TCB',
      tcbStatus !== undefined && accepted.includes(tcbStatus),
      { expected: accepted.join(' or '), actual: tcbStatus ?? 'not established' },
    );
  }

  register(list: CheckList, id: string, register: ClaimedRegister | undefined, label: string): void {
    const { registers = {}, roles = {} } = this.policy;
    const values = id.startsWith('policy.role.')
      ? (roles[label as keyof typeof roles] ?? [])
      : (registers[label] ?? []);
    if (!register) {
      list.check(id, label, false, {
        expected: shownValues(values),
        actual: 'the evidence has no such register',
        remedy: `the evidence has ${this.claims.registers.map(({ name }) => name).join(', ')}`,
      });
      return;
    }
    this.compared.add(register.name);
    const actual = toHex(register.value);
    const found = values.find((one) => one.value.toLowerCase() === actual);
    const fresh = found !== undefined && current(found, this.now);
    list.check(id, register.name === label ? label : `${label}: ${register.name}`, fresh, {
      expected: shownValues(values),
      actual: found?.name === undefined ? actual : `${actual} (${found.name})`,
      ...(register.offset === undefined
        ? {}
        : { range: { offset: register.offset, length: register.value.length } }),
      remedy:
        found && !fresh
          ? `this reference value expired at ${found.expires ?? ''}`
          : 'add the value to the policy if it is right; tsm log explain shows which event makes it differ',
    });
  }

  registers(list: CheckList): void {
    const { registers = {}, roles = {} } = this.policy;
    const byName = new Map(this.claims.registers.map((one) => [one.name, one]));
    for (const name of Object.keys(registers))
      this.register(list, `policy.register.${name}`, byName.get(name), name);
    for (const role of Object.keys(roles)) {
      const found = this.claims.registers.filter((one) => one.role === role);
      for (const one of found.length > 0 ? found : [undefined])
        this.register(list, `policy.role.${role}`, one, role);
    }
  }

  constraints(list: CheckList): void {
    for (const [name, constraint] of Object.entries(this.policy.claims ?? {})) {
      const claim = Object.hasOwn(this.claims.claims, name) ? this.claims.claims[name] : undefined;
      list.check(`policy.claim.${name}`, name, claim !== undefined && holds(claim, constraint), {
        expected: constraintText(constraint),
        actual: claim === undefined ? 'the evidence has no such claim' : claimText(claim),
      });
    }
  }

  verdict(): Verdict {
    const { name } = this.policy;
    const list = this.checks.group('policy', name === undefined ? 'Policy' : `Policy ${name}`, {
      spec: 'RFC 9334 §8.5',
    });
    this.technology(list);
    this.debug(list);
    this.tcbStatus(list);
    this.registers(list);
    this.constraints(list);
    // An empty policy says nothing, and nothing must not look like approval.
    if (list.checks.length === 0)
      list.skip('policy.empty', 'The policy says nothing', { remedy: 'give it reference values' });
    for (const { name: register } of this.claims.registers.filter((one) => !this.compared.has(one.name)))
      this.checks.notChecked(`policy.register.${register}`, 'the policy has no reference value for it');
    return this.checks.verdict(this.claims.technology, this.claims.tcbStatus);
  }
}

/**
 * Appraises claims. Debug is forbidden unless the policy allows it; a register or claim that the policy names and the
 * evidence lacks fails; registers that the policy does not name are listed as not checked. `now`: for values that expire.
 */
export function appraise(claims: AppraisalClaims, policy: Policy, now?: Date): Verdict {
  return new Appraiser(claims, policy, now).verdict();
}
