/** A machine of each technology: launched, extended, and its evidence verified, as it is and after a bit flipped. */
import {
  firstFailure,
  portableDigests,
  toHex,
  type Evidence,
  type Machine,
  type Provider,
  type Verdict,
} from '@tsm/core';
import { decodeLog, replay } from '@tsm/eventlog';
import { openMachine } from '@tsm/machine';
import { createCca } from '@tsm/provider-cca';
import { createCove } from '@tsm/provider-cove';
import { createSnp } from '@tsm/provider-snp';
import { createTdx } from '@tsm/provider-tdx';

/** One row a kind of report. */
export const MACHINES: Readonly<Record<string, Provider>> = {
  'TDX, quote v4': createTdx(),
  'TDX 1.5, quote v5': createTdx({ quoteVersion: 5, tdVersion: '1.5' }),
  'SEV-SNP, Milan, VCEK': createSnp(),
  'SEV-SNP, Turin, report v5, VLEK': createSnp({ product: 'Turin', reportVersion: 5, signingKey: 'vlek' }),
  'CCA, profile 1.0': createCca(),
  'CCA, legacy profile': createCca({ profile: 'legacy' }),
  'CoVE, CBOR certificate': createCove(),
  'CoVE, X.509 certificate': createCove({ certificate: 'x509' }),
  'CoVE, salus': createCove({ implementation: 'salus', cdi: 'seed' }),
};

/** Outcome and, if it is no pass, the first check that failed. */
type Outcome = readonly [verdict: string, failure: string | undefined];

export interface MachineFacts {
  readonly format: string;
  /** SHA-256 of the evidence: minting is the same everywhere. */
  readonly digest: string;
  readonly issues: readonly string[];
  /** The register that was extended, where there is one: what the hardware, the evidence and its replayed log say of it. */
  readonly extended?: {
    readonly register: string;
    readonly value: string;
    readonly reported: string | undefined;
    readonly replayed: string | undefined;
  };
  readonly verified: Outcome;
  /** With one bit of a register flipped. */
  readonly tampered: Outcome;
  /** With nothing but the evidence: the vendor's roots, no collateral. */
  readonly alone: Outcome;
}

const NOW = new Date('2026-03-01T12:00:00Z');

const outcome = ({ verdict, checks }: Verdict): Outcome => [verdict, firstFailure(checks)?.id];

async function extendedFacts(machine: Machine, register: string, { registers }: Evidence) {
  const reported = registers.find(({ name }) => name === register)?.value;
  const [replayed] = replay(decodeLog(await machine.eventLog(register))).registers;
  return {
    register,
    value: toHex(await machine.read(register)),
    reported: reported && toHex(reported),
    replayed: replayed && toHex(replayed.value),
  };
}

export async function machineFacts(provider: Provider): Promise<MachineFacts> {
  const { evidence, verify } = provider;
  if (!evidence || !verify) throw new TypeError(`${provider.id} has no evidence or no verification`);
  const seed = new Uint8Array(32).fill(7);
  const launch = { seed, now: NOW, values: {}, image: new Uint8Array(4096).fill(1), boot: false };
  const machine = openMachine(provider, [
    { op: 'create', version: 1, id: 'browser', provider: provider.id, ...launch },
  ]);

  const register = provider.registers.findLast(({ extensible }) => extensible)?.name;
  if (register)
    for (const event of ['app start', 'app ready']) await machine.append(register, `a.b/${event}`);

  const inblob = Uint8Array.from({ length: provider.report?.inblob.max ?? 64 }, (_, i) => i);
  const { outblob, auxblob } = await machine.report({ inblob });
  const minted = await machine.collateral();
  if (!minted) throw new TypeError(`${provider.id}: no collateral`);
  const decoded = evidence.decode(outblob);
  const collateral = [...Object.values(minted.files), ...(auxblob ? [auxblob] : [])];
  const trusting = { now: NOW, collateral, reportData: inblob, trustAnchors: minted.trustAnchors };

  const forged = outblob.slice();
  const at = decoded.registers[0]?.offset ?? 0;
  forged[at] = (forged[at] ?? 0) ^ 1;

  return {
    format: decoded.format,
    digest: toHex(portableDigests.digest('sha256', outblob)),
    issues: decoded.issues.map(({ code }) => code),
    ...(register && { extended: await extendedFacts(machine, register, decoded) }),
    verified: outcome(await verify(outblob, trusting)),
    tampered: outcome(await verify(forged, trusting)),
    alone: outcome(await verify(outblob, { now: NOW, reportData: inblob })),
  };
}
