/** Verification of a device's evidence: its certificates, its signed measurements, its interface report. Spec: DSP0274; PCIe 6.1 §11. */
import {
  equalBytes,
  portableDigests,
  toHex,
  type DeviceEvidence,
  type Verdict,
  type VerifyOptions,
} from '@tsm/core';
import { decode } from '@tsm/core/layout';
import {
  checkCollateral,
  CheckList,
  orderChain,
  readCollateral,
  verifyChain,
  webCryptoVerifier,
  type Certificate,
} from '@tsm/evidence';
import { readChain } from '../spdm/certificate-chain.ts';
import type { SpdmCrypto } from '../spdm/crypto.ts';
import { portableSpdmCrypto } from '../spdm/portable-crypto.ts';
import { signedMessage } from '../spdm/signing.ts';
import { LOCK_FLAG } from '../tdisp/codes.ts';
import { hasAttribute, InterfaceReport } from '../tdisp/report.ts';
import {
  readMeasurements,
  readNegotiation,
  type NegotiatedDevice,
  type SignedMeasurements,
} from './exchange.ts';

export interface VerifyDeviceOptions extends Omit<VerifyOptions, 'reportData' | 'acceptTcb'> {
  /** Slot whose chain counts. Default 0. */
  readonly slot?: number;
  /** Nonce that the measurements were asked for with. */
  readonly nonce?: Uint8Array;
  /** Values that are expected, by index of the measurement. */
  readonly reference?: Readonly<Record<number, Uint8Array>>;
  readonly crypto?: SpdmCrypto;
}

const TECHNOLOGY = 'pci-tdisp';
const CHAIN = 'DSP0274, certificate chains';
const MEASUREMENTS = 'DSP0274, MEASUREMENTS';
const REPORT = 'PCIe 6.1 §11.3.11';

/** Root first in the object; verification wants the leaf first. */
async function checkChain(
  checks: CheckList,
  certificates: readonly Certificate[],
  options: VerifyDeviceOptions,
): Promise<void> {
  const { now, trustAnchors = [], cache, requireCrl, digests = portableDigests } = options;
  const collateral = readCollateral(options.collateral ?? []);
  checkCollateral(checks, collateral);
  const leaf = certificates.at(-1);
  if (!leaf) return;
  await verifyChain(checks, orderChain([...certificates, ...collateral.certificates], leaf), {
    ...{
      now,
      anchors: trustAnchors,
      crls: collateral.crls,
      revocation: 'optional',
      requireCrl,
      cache,
      digests,
    },
    verifier: options.verifier ?? webCryptoVerifier(cache),
  });
}

function checkMeasurements(
  checks: CheckList,
  { hash, asym, version }: NegotiatedDevice,
  { nonce, blocks, signature, transcript }: SignedMeasurements,
  leaf: Certificate | undefined,
  options: VerifyDeviceOptions,
): void {
  const { crypto = portableSpdmCrypto, reference } = options;
  const list = checks.group('measurements', 'Measurements', { spec: MEASUREMENTS });
  const message = signedMessage(crypto, version, hash, 'measurements', transcript);
  const good = leaf !== undefined && crypto.verify(asym, hash.name, leaf.publicKey.spki, signature, message);
  list.check('measurements.signature', `signed by the key of the device (${asym.name})`, good, {
    remedy: 'do not trust what the device says of itself: it was changed, or another device said it',
  });
  if (options.nonce) list.equal('measurements.nonce', 'asked for with this nonce', options.nonce, nonce);
  else checks.notChecked('measurements.nonce', 'no nonce was given: the measurements may be old ones');
  for (const [index, expected] of Object.entries(reference ?? {})) {
    const block = blocks.find((one) => one.index === Number(index));
    list.check(
      `measurements.${index}`,
      `measurement ${index} has its reference value`,
      block !== undefined && equalBytes(block.value, expected),
      { expected: toHex(expected), actual: block ? toHex(block.value) : 'there is no such measurement' },
    );
  }
  const unknown = blocks.filter(({ index }) => reference?.[index] === undefined).map(({ index }) => index);
  if (unknown.length > 0)
    checks.notChecked('measurements.reference', `no reference values for measurements ${unknown.join(', ')}`);
}

function checkReport(checks: CheckList, bytes: Uint8Array | undefined): void {
  if (!bytes) {
    checks.notChecked('report', 'there is no interface report: it can be read once the interface is locked');
    return;
  }
  const list = checks.group('report', 'Interface report', { spec: REPORT });
  const { value, issues, length } = decode(InterfaceReport, bytes);
  const sound = value !== undefined && length === bytes.length && issues.length === 0;
  const issue =
    issues[0]?.message ?? (value && length !== bytes.length ? 'bytes follow the report' : undefined);
  list.check('report.structure', 'the report is whole, and its reserved bits are zero', sound, {
    range: { offset: 0, length: bytes.length },
    ...(issue === undefined ? {} : { actual: issue }),
  });
  if (!value) return;
  list.check(
    'report.firmware',
    'the firmware cannot change while the interface is locked',
    ((value.interfaceInfo >> LOCK_FLAG.NO_FW_UPDATE) & 1) === 1,
    { remedy: 'lock the interface with NO_FW_UPDATE' },
  );
  const shared = value.ranges.filter(({ attributes }) => hasAttribute(attributes, 'NON_TEE_MEM'));
  if (shared.length > 0)
    checks.notChecked(
      'report.ranges',
      `ranges ${shared.map(({ rangeId }) => String(rangeId)).join(', ')} are not memory of the TVM: anyone may write there`,
    );
  checks.notChecked(
    'report.origin',
    'the report has no signature: it is as good as the session it came through',
  );
}

/** Verifies what a TSM collected of a device: objects `cert0` to `cert7`, `vca`, `measurements`, `report`. */
export async function verifyDevice(
  objects: DeviceEvidence['objects'],
  options: VerifyDeviceOptions,
): Promise<Verdict> {
  const { crypto = portableSpdmCrypto, slot = 0 } = options;
  const checks = new CheckList();
  const vca = objects['vca'] ?? new Uint8Array(0);
  const device = readNegotiation(crypto, vca);
  checks.check('negotiation', 'version and algorithms were negotiated', device !== undefined, {
    ...{ spec: 'DSP0274, VERSION to ALGORITHMS', range: { offset: 0, length: vca.length } },
    remedy: 'connect the device again',
  });
  if (!device) return checks.verdict(TECHNOLOGY);
  const object = objects[`cert${String(slot)}`];
  const { chain, issues } = object
    ? readChain(crypto, device.version, device.hash, object)
    : { chain: undefined, issues: [] };
  checks.check('chain.structure', `slot ${String(slot)} has a certificate chain`, chain !== undefined, {
    spec: CHAIN,
    actual: issues[0]?.message ?? `${String(chain?.certificates.length ?? 0)} certificates`,
  });
  const certificates = chain?.certificates ?? [];
  await checkChain(checks, certificates, options);
  const exchange = objects['measurements'] ?? new Uint8Array(0);
  const measured = readMeasurements(device, vca, exchange);
  checks.check('measurements.structure', 'the measurements are one signed exchange', measured !== undefined, {
    ...{ spec: MEASUREMENTS, range: { offset: 0, length: exchange.length } },
  });
  if (measured) checkMeasurements(checks, device, measured, certificates.at(-1), options);
  checkReport(checks, objects['report']);
  return checks.verdict(TECHNOLOGY);
}
