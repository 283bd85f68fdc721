/** What ties the evidence of devices to the machine that has them: a digest over it in the machine's own signed report. */
import {
  concatAll,
  portableDigests,
  utf8Bytes,
  type DeviceEvidence,
  type Digests,
  type TdiState,
  type Verdict,
} from '@tsm/core';
import { CheckList } from '@tsm/evidence';

/** A device as the guest has it. */
export interface BoundDevice {
  readonly objects: DeviceEvidence['objects'];
  /** The guest let it in. */
  readonly accepted: boolean;
  /** State of its interface, as the device says. */
  readonly state: TdiState;
}

const byName = <T>([a]: readonly [string, T], [b]: readonly [string, T]): number =>
  a < b ? -1 : Number(a > b);

/**
 * What a guest binds into its report, 64 bytes. With H = SHA-512: H(H(nonce) ‖ for each device, by address: H(address) ‖
 * H(for each object, by name: H(name) ‖ H(object))).
 */
export function evidenceBinding(
  nonce: Uint8Array,
  devices: ReadonlyMap<string, Pick<BoundDevice, 'objects'>>,
  digests: Digests = portableDigests,
): Uint8Array {
  const hash = (bytes: Uint8Array): Uint8Array => digests.digest('sha512', bytes);
  const text = (name: string): Uint8Array => hash(utf8Bytes(name));
  const parts = [...devices].sort(byName).flatMap(([address, { objects }]) => {
    const named = Object.entries(objects).sort(byName);
    return [text(address), hash(concatAll(named.flatMap(([name, bytes]) => [text(name), hash(bytes)])))];
  });
  return hash(concatAll([hash(nonce), ...parts]));
}

/** Checks that the devices are this machine's: `reportData` is what its report has bound, `expected` what it had to. */
export function checkBinding(
  expected: Uint8Array,
  reportData: Uint8Array,
  devices: ReadonlyMap<string, BoundDevice>,
): Pick<Verdict, 'checks' | 'notChecked'> {
  const checks = new CheckList();
  const list = checks.group('binding', 'devices and machine belong together');
  list.equal(
    'binding.report-data',
    'the report binds the nonce and the evidence of the devices',
    expected,
    reportData.subarray(0, expected.length),
    { remedy: 'take the report again: it is an old one, or about other devices' },
  );
  for (const [address, { accepted, state }] of devices)
    list.check(`binding.${address}`, `${address} runs inside of the machine`, accepted && state === 'RUN', {
      expected: 'locked and accepted by the TSM of this guest, RUN',
      actual: `${accepted ? 'accepted' : 'not accepted'}, ${state}`,
      remedy: 'lock and accept it, or leave it out: what it does now is not what was looked at',
    });
  checks.notChecked(
    'binding.collected',
    'that the guest collected the evidence itself: its report vouches for that as far as the guest is trusted',
  );
  checks.notChecked(
    'binding.time',
    'measurements are those of the time when the interface was locked, the nonce is that of the report',
  );
  checks.notChecked(
    'binding.link',
    'that the link is encrypted (IDE): the device has no signed statement about it',
  );
  const { checks: all, notChecked } = checks.verdict('pci-tdisp');
  return { checks: all, notChecked };
}
