/** The dump command of the netlink family `pci-tsm` as proposed: evidence of a device, object by object. */
import { TsmError, type DeviceEvidence, type Digests, type AlgorithmName } from '@tsm/core';
import { errno } from '../errno.ts';
import type { PciBus } from './bus.ts';
import type { TsmCore } from './tsm-core.ts';

/** Objects by bit of the mask. */
export const EVIDENCE_TYPES: readonly string[] = [
  ...['cert0', 'cert1', 'cert2', 'cert3', 'cert4', 'cert5', 'cert6', 'cert7'],
  ...['vca', 'measurements', 'report'],
];
/** Gives digests instead of the objects. */
export const EVIDENCE_DIGEST = 1;
const NONCE_MAX = 256;
const OBJECT_MAX = 16 << 20;

export interface EvidenceRequest {
  readonly device?: string;
  /** Bits of {@link EVIDENCE_TYPES}. */
  readonly mask?: number;
  readonly flags?: number;
  /** Asks the device anew. */
  readonly nonce?: Uint8Array;
}

export interface EvidenceObject {
  readonly type: string;
  readonly bytes: Uint8Array;
}

export interface EvidenceTools {
  readonly digests: Digests;
  readonly algorithm: AlgorithmName;
}

function checkRequest({ device, mask, flags = 0, nonce }: EvidenceRequest): [device: string, mask: number] {
  if (device === undefined) throw errno('EINVAL', 'expected the name of a device, got none');
  if (mask === undefined || mask === 0) throw errno('EINVAL', 'expected at least one type of evidence');
  if (mask < 0 || mask >= 2 ** EVIDENCE_TYPES.length)
    throw errno('EINVAL', `mask 0x${mask.toString(16)} has bits that name nothing`);
  if ((flags & ~EVIDENCE_DIGEST) !== 0) throw errno('EINVAL', `flags ${String(flags)}: expected 0 or 1`);
  if (nonce && nonce.length > NONCE_MAX)
    throw errno('EINVAL', `a nonce has at most ${String(NONCE_MAX)} bytes`);
  return [device, mask];
}

/**
 * One object for each step, as the dump gives one message for each. `EINVAL` for a request that is none, `ENODEV`, `ENXIO`
 * without a TSM or evidence, `EOPNOTSUPP` for a nonce, `EAGAIN` when the evidence was collected anew meanwhile.
 */
export function* dumpEvidence(
  [bus, core]: readonly [PciBus, TsmCore],
  request: EvidenceRequest,
  tools: EvidenceTools,
): Generator<EvidenceObject, void> {
  const [address, mask] = checkRequest(request);
  const device = bus.find(address);
  if (!device) throw errno('ENODEV', `there is no function ${address}`);
  const current = (): DeviceEvidence => {
    const { link, devsec } = core.contextOf(address)?.tsm ?? {};
    const evidence = (link ?? devsec)?.evidence?.(device);
    if (!evidence || evidence.generation === 0) throw errno('ENXIO', `there is no evidence of ${address}`);
    return evidence;
  };
  const { generation } = current();
  if (request.nonce) throw errno('EOPNOTSUPP', 'evidence is not collected anew on request');
  for (const [bit, type] of EVIDENCE_TYPES.entries()) {
    if ((mask & (1 << bit)) === 0) continue;
    const evidence = current();
    if (evidence.generation !== generation)
      throw errno('EAGAIN', `the evidence of ${address} was collected anew`);
    const bytes = evidence.objects[type];
    if (!bytes) continue;
    if (bytes.length > OBJECT_MAX) throw new TsmError('EFBIG', `${type} is larger than 16 MiB`);
    const digest = ((request.flags ?? 0) & EVIDENCE_DIGEST) !== 0;
    yield { type, bytes: digest ? tools.digests.digest(tools.algorithm, bytes) : bytes };
  }
}
