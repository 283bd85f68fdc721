/** The provider contract: what one technology (TDX, SEV-SNP, CCA, CoVE, or a third party's) brings to TSM. */
import type { Digests } from './digest.ts';
import type { Issue } from './issue.ts';
import type { LaunchCalculator } from './launch.ts';
import type { Node } from './layout/tree.ts';
import type { RegisterSpec } from './register.ts';
import type { Claims, MintedCollateral, Verdict, VerifyOptions } from './verdict.ts';

/** The blobs of one report, as configfs-tsm names them. */
export interface ReportBlobs {
  readonly outblob: Uint8Array;
  readonly auxblob?: Uint8Array;
  readonly manifestblob?: Uint8Array;
}

/** What a guest asks for (ABI document configfs-tsm-report). Unset options are undefined. */
export interface ReportRequest {
  readonly inblob: Uint8Array;
  readonly privlevel?: number | undefined;
  readonly serviceProvider?: string | undefined;
  readonly serviceGuid?: string | undefined;
  readonly serviceManifestVersion?: number | undefined;
}

/** How a simulated TVM is launched. `values` are the technology's own inputs by register name, such as `mrowner`. */
export interface Launch {
  /** Everything secret or random is derived from it: the same seed and time give the same bytes. */
  readonly seed: Uint8Array;
  /** Time of the launch: validity of the certificates minted under the test root. */
  readonly now: Date;
  /** The initial memory image that the launch register measures. */
  readonly image?: Uint8Array;
  readonly values?: Readonly<Record<string, Uint8Array>>;
}

/** Signs with a private key of the given curve; raw r‖s. Defaults are pure TypeScript; a host may pass native ones. */
export interface Signer {
  sign(curve: 'p256' | 'p384' | 'ed25519', privateKey: Uint8Array, message: Uint8Array): Uint8Array;
}

/** What a model may use; nothing in it is looked up globally. */
export interface ModelTools {
  readonly digests: Digests;
  readonly signer?: Signer;
}

/** Hardware of one TVM: synchronous, deterministic, no I/O. Refusals are a TsmError whose code is an errno name. */
export interface Model {
  read(register: string): Uint8Array;
  /** Extends by exactly what the hardware takes; a wrong size is `EINVAL`, an unknown or static register `EINVAL`. */
  extend(register: string, value: Uint8Array): void;
  /** Present where the provider has a report driver. */
  report?(request: ReportRequest): ReportBlobs;
  collateral?(): MintedCollateral;
}

export type ReportAttribute =
  | 'privlevel'
  | 'privlevelFloor'
  | 'serviceProvider'
  | 'serviceGuid'
  | 'serviceManifestVersion'
  | 'auxblob'
  | 'manifestblob';

/** The guest driver: how the kernel shows reports of this technology. */
export interface ReportDriver {
  /** Content of the `provider` attribute, such as `tdx_guest`. */
  readonly name: string;
  /** Accepted sizes of `inblob` in bytes. */
  readonly inblob: { readonly min: number; readonly max: number };
  /** Attributes shown beside generation, provider, inblob and outblob. */
  readonly attributes: readonly ReportAttribute[];
  readonly privlevelFloor?: number;
}

/** A register value that evidence vouches for. */
export interface EvidenceRegister {
  readonly name: string;
  readonly value: Uint8Array;
  /** Where the value stands in the evidence. */
  readonly offset: number;
}

/** Evidence, decoded. Nothing is verified yet: every value is a claim. */
export interface Evidence {
  readonly technology: string;
  /** Such as `quote-v4`. */
  readonly format: string;
  readonly registers: readonly EvidenceRegister[];
  /** What the caller bound into the report (report data, challenge). */
  readonly reportData: Uint8Array;
  /** What else it says, for policies: `debug` in all technologies, the rest under the specification's own names. */
  readonly claims?: Claims;
  readonly tree: Node;
  readonly issues: readonly Issue[];
  /** Bytes after the evidence: tolerated, never read. */
  readonly trailing: number;
}

export interface EvidenceFormat {
  /** Cheap: does this look like the technology's evidence? */
  recognise(bytes: Uint8Array): boolean;
  decode(bytes: Uint8Array): Evidence;
}

/** A provider is a value that is passed in. `id` and `registers` are required; the rest is detected by its presence. */
export interface Provider {
  readonly apiVersion: 1;
  /** Lower case: `tdx`. */
  readonly id: string;
  readonly title: string;
  readonly registers: readonly RegisterSpec[];
  /** Starts a simulated TVM. */
  readonly model?: (launch: Launch, tools: ModelTools) => Model;
  readonly report?: ReportDriver;
  readonly launch?: LaunchCalculator;
  readonly evidence?: EvidenceFormat;
  readonly verify?: (bytes: Uint8Array, options: VerifyOptions) => Promise<Verdict>;
}

/** Types a provider as it is written; returns it as it is. */
export function defineProvider<const P extends Provider>(provider: P): P {
  return provider;
}

const OPTIONAL = {
  ...{ model: 'function', report: 'object', launch: 'object' },
  ...{ evidence: 'object', verify: 'function' },
};

/** Checks a value loaded at run time. A TypeError names the first member that is not as the contract says. */
export function assertProvider(value: unknown): asserts value is Provider {
  const fail = (what: string): never => {
    throw new TypeError(`provider: ${what}`);
  };
  if (typeof value !== 'object' || value === null) return fail(`expected an object, got ${typeof value}`);
  const provider = value as Record<string, unknown>;
  if (provider['apiVersion'] !== 1) fail(`apiVersion must be 1, got ${String(provider['apiVersion'])}`);
  if (typeof provider['id'] !== 'string' || !/^[a-z][a-z0-9-]*$/.test(provider['id']))
    fail('id must be lower case letters, digits and dashes');
  if (typeof provider['title'] !== 'string') fail('title must be a string');
  if (!Array.isArray(provider['registers'])) fail('registers must be an array');
  for (const [name, type] of Object.entries(OPTIONAL)) {
    const member = provider[name];
    if (member !== undefined && typeof member !== type)
      fail(`${name} must be of type ${type}, got ${typeof member}`);
  }
}
