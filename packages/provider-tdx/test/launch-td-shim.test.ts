/** RTMR0 to RTMR2 of td-shim by known answers. */
import { createHash } from 'node:crypto';
import { createDigests, toHex, utf8Bytes, type LaunchInputs } from '@tsm/core';
import { describe, expect, test } from 'vitest';
import { tdxLaunch } from '../src/launch/calculator.ts';
import { tdShim } from './support/launch-images.ts';

const digests = createDigests({
  sha384: { hash: (bytes) => new Uint8Array(createHash('sha384').update(bytes).digest()) },
});
const calculate = (inputs: LaunchInputs) => tdxLaunch.calculate(inputs, digests);
const values = (inputs: LaunchInputs): Record<string, string> =>
  Object.fromEntries(calculate(inputs).registers.map(({ name, value }) => [name, toHex(value)]));

const LINUX = {
  firmware: tdShim(),
  kernel: utf8Bytes('KERNEL'),
  cmdline: 'root=/dev/vda1 console=hvc0 rw',
};
const SEPARATOR =
  '518923b0f955d08da077c96aaba522b9decede61c599cea6c41889cfbea4ae4d50529d96fe4d1afdafb65e7f95bf23c4';

test('the image is known as td-shim by its sections', () => {
  expect(calculate(LINUX).rules).toBe('QEMU 10.1, single-pass, td-shim');
});

test('RTMR0 is the hand-off blocks and a separator', () => {
  expect(values({ ...LINUX, 'td-hob': new Uint8Array(256).fill(0x48) })['rtmr0']).toBe(
    '9a7dec26d472dd64cb6001a82fa1ef8fd0fd3356996b81bc733d069ce8bdd2c41487947d7a82092b9f7c7cd7361a1ba8',
  );
  expect(values({ ...LINUX, 'td-shim-feature': 'no-td-hob' })['rtmr0']).toBe(SEPARATOR);
  expect(values(LINUX)['rtmr0']).toBeUndefined();
});

test('RTMR1 of Linux from the host is separator, payload and parameters', () => {
  const { steps, issues } = calculate({ ...LINUX, 'td-shim-feature': ['no-td-hob'] });
  expect(issues).toEqual([]);
  const measured = Object.fromEntries(
    steps.flatMap(({ words, digest }) => (digest ? [[words, toHex(digest)]] : [])),
  );
  expect(measured).toMatchObject({
    payload:
      'a829cb58dab07f0db2ab5ee355a27376adf5925cd6552d4407cebe9b58d7db6839f88778bb61a6df66ae9e3d2a84da29',
    'parameters of the payload':
      '64ed1e5a47e8632f80faf428465bd987af3e8e4ceb10a5a9f387b6302e30f4993bded2331f0691c4a38ad34e4cbbc627',
  });
  expect(values(LINUX)['rtmr1']).toBe(
    '44caa0efffae82a9c910f34902dafee7942872c86d8468d00406a572770b3c1317d5149acb0c842af14acafbbe1c434c',
  );
  expect(values(LINUX)['rtmr2']).toBe('00'.repeat(48));
});

describe('where the payload is', () => {
  const shim = { 'td-shim-feature': 'no-td-hob' };
  test('in MRTD: RTMR1 has no payload', () => {
    const firmware = tdShim(2);
    const words = calculate({ ...LINUX, ...shim, firmware }).steps.map((step) => step.words);
    expect(words).toContain('parameters of the payload');
    expect(words).not.toContain('payload');
    expect(values({ ...shim, firmware })['rtmr1']).toBe(SEPARATOR);
  });

  test.each<readonly [string, LaunchInputs, string]>([
    ['built in, and measured as it is loaded', { ...shim, firmware: tdShim() }, 'kernel'],
    [
      'unknown without the image',
      { ...LINUX, ...shim, firmware: undefined, 'firmware-type': 'td-shim' },
      'firmware',
    ],
    ['too large for its region', { ...LINUX, ...shim, kernel: new Uint8Array(0x2000001) }, 'kernel'],
    ['followed by too long a command line', { ...LINUX, ...shim, cmdline: 'x'.repeat(4097) }, 'cmdline'],
  ])('%s: RTMR1 is left out', (_, inputs, path) => {
    expect(values(inputs)['rtmr1']).toBeUndefined();
    expect(calculate(inputs).issues).toContainEqual(
      expect.objectContaining({ code: 'tdx-launch.left-out', path }),
    );
  });
});
