/** What a policy looks at: the registers and claims of evidence, with what its verification established. */
import type { Claims, Evidence, Provider, RegisterRole, Verdict } from '@tsm/core';

export interface ClaimedRegister {
  readonly name: string;
  /** Undefined for a register that the provider does not declare. */
  readonly role: RegisterRole | undefined;
  readonly value: Uint8Array;
  /** Of its first byte in the evidence, where it was read from some. */
  readonly offset?: number;
}

export interface AppraisalClaims {
  readonly technology: string;
  readonly registers: readonly ClaimedRegister[];
  /** As the verification found it; undefined where nothing was verified. */
  readonly tcbStatus: string | undefined;
  readonly claims: Claims;
}

/** Of decoded evidence and, where it was verified, its verdict. Claims of evidence that did not pass are only that. */
export function claimsOf(
  evidence: Evidence,
  provider: Pick<Provider, 'registers'>,
  verdict?: Verdict,
): AppraisalClaims {
  const roles = new Map(provider.registers.map(({ name, role }) => [name, role]));
  return {
    technology: evidence.technology,
    registers: evidence.registers.map(({ name, value, offset }) => ({
      ...{ name, role: roles.get(name), value, offset },
    })),
    tcbStatus: verdict?.tcbStatus,
    claims: evidence.claims ?? {},
  };
}
