/** The TD: launch measurement by known answers, registers, TDREPORT. */
import { createHash, createHmac } from 'node:crypto';
import { guidBytes, portableDigests, toHex, utf8Bytes, type Launch } from '@tsm/core';
import { describe, expect, test } from 'vitest';
import tdx, { createTdx, measureImage, REGISTERS } from '../src/index.ts';
import { derive } from '../src/keys.ts';

const tools = { digests: portableDigests };
const launch: Launch = { seed: utf8Bytes('seed'), now: new Date('2026-03-01T00:00:00Z') };
const sha384 = (bytes: Uint8Array): string => createHash('sha384').update(bytes).digest('hex');

/** A firmware image of one page with TDX metadata: one section, the whole image at 0xfffff000, measured. */
function onePageFirmware(): Uint8Array {
  const image = Buffer.alloc(0x1000);
  const guid = (at: number, text: string) => image.set(guidBytes(text) ?? [], at);
  guid(0xe00 - 16, 'e9eaf9f3-168e-44d5-a8eb-7f4d8738f6ae');
  image.write('TDVF', 0xe00, 'latin1');
  [16 + 32, 1, 1].forEach((value, i) => image.writeUInt32LE(value, 0xe04 + 4 * i));
  [0, 0x1000, 0xfffff000, 0, 0x1000, 0, 0, 1].forEach((value, i) =>
    image.writeUInt32LE(value, 0xe10 + 4 * i),
  );
  image.writeUInt32LE(0x1000 - 0xe00, 0x1000 - 72);
  image.writeUInt16LE(22, 0x1000 - 68);
  guid(0x1000 - 66, 'e47a6535-984a-4798-865e-4685a7bf8ec2');
  image.writeUInt16LE(40, 0x1000 - 50);
  guid(0x1000 - 48, '96b582de-1fb2-45f7-baea-a366c55a082d');
  return new Uint8Array(image);
}

describe('MRTD', () => {
  test('of no image is the hash of no record', () => {
    expect(toHex(tdx.model(launch, tools).read('mrtd'))).toBe(sha384(new Uint8Array(0)));
  });

  test('of a zero page at 0x1000', () => {
    expect(toHex(measureImage(portableDigests, new Uint8Array(4096), 0x1000n))).toBe(
      'ca76d5541328afef8bc9364261c515aebef90412ebc56ca0c2260ec531a14462cfc0c11de61d84292ddf8ca871da1ff1',
    );
  });

  test('of a one-page firmware image that ends at 4 GiB', () => {
    const image = onePageFirmware();
    expect(createHash('sha256').update(image).digest('hex')).toBe(
      '8894b56e78f46dd78edfd9b53a56cd7274e8438effd16637022046e691cad0d8',
    );
    expect(toHex(tdx.model({ ...launch, image }, tools).read('mrtd'))).toBe(
      '52b7b2cf91eaf2ba89b206cf91b5f3cf34fe12958afb0950a1d68202982e2a8a35007c0fb5fad1c78e5e5606a38a4086',
    );
  });

  test('fills the last page up with zeros', () => {
    const short = measureImage(portableDigests, utf8Bytes('image'));
    const full = new Uint8Array(4096);
    full.set(utf8Bytes('image'));
    expect(toHex(short)).toBe(toHex(measureImage(portableDigests, full)));
  });
});

describe('registers', () => {
  test('have the numbers of the common table', () => {
    expect(REGISTERS.map(({ name, numbers }) => [name, numbers.ccMr, numbers.rtmr])).toEqual([
      ['mrtd', 0, undefined],
      ['mrconfigid', undefined, undefined],
      ['mrowner', undefined, undefined],
      ['mrownerconfig', undefined, undefined],
      ['rtmr0', 1, 0],
      ['rtmr1', 2, 1],
      ['rtmr2', 3, 2],
      ['rtmr3', 4, 3],
    ]);
  });

  test('an RTMR starts at zero and extends by SHA-384', () => {
    const model = tdx.model(launch, tools);
    const value = new Uint8Array(48).fill(0xee);
    model.extend('rtmr2', value);
    expect(toHex(model.read('rtmr2'))).toBe(sha384(Buffer.concat([Buffer.alloc(48), value])));
    expect(toHex(model.read('rtmr3'))).toBe('00'.repeat(48));
  });

  test.each([47, 49, 0])('an extend by %i bytes is EINVAL', (size) => {
    const model = tdx.model(launch, tools);
    expect(() => {
      model.extend('rtmr0', new Uint8Array(size));
    }).toThrow(expect.objectContaining({ code: 'EINVAL' }) as Error);
    expect(toHex(model.read('rtmr0'))).toBe('00'.repeat(48));
  });

  test('the host chooses MRCONFIGID, MROWNER, MROWNERCONFIG, ATTRIBUTES and XFAM', () => {
    const values = {
      mrconfigid: new Uint8Array(48).fill(1),
      mrowner: new Uint8Array(48).fill(2),
      mrownerconfig: new Uint8Array(48).fill(3),
      attributes: Uint8Array.of(1, 0, 0, 0x10, 0, 0, 0, 0),
    };
    const model = tdx.model({ ...launch, values }, tools);
    for (const name of ['mrconfigid', 'mrowner', 'mrownerconfig'] as const) {
      expect(toHex(model.read(name))).toBe(toHex(values[name]));
    }
    expect(toHex(model.tdReport(new Uint8Array(64)).slice(512, 520))).toBe('0100001000000000');
  });

  test.each([
    ['mrowner', 47],
    ['attributes', 4],
    ['mrtd', 48],
    ['toString', 0],
  ])('launch value %s of %i bytes is EINVAL', (name, size) => {
    expect(() => tdx.model({ ...launch, values: { [name]: new Uint8Array(size) } }, tools)).toThrow(
      expect.objectContaining({ code: 'EINVAL' }) as Error,
    );
  });

  test('reading an unknown register is EINVAL', () => {
    expect(() => tdx.model(launch, tools).read('pcr0')).toThrow(
      expect.objectContaining({ code: 'EINVAL' }) as Error,
    );
  });
});

describe.each([
  ['1.0', '81000000'],
  ['1.5', '81000100'],
] as const)('TDREPORT of TD %s', (tdVersion, type) => {
  const model = createTdx({ tdVersion }).model(launch, tools);
  model.extend('rtmr1', new Uint8Array(48).fill(5));
  const reportData = new Uint8Array(64).fill(0x42);
  const report = model.tdReport(reportData);

  test('has its type, both hashes and the MAC', () => {
    expect(report).toHaveLength(1024);
    expect(toHex(report.slice(0, 4))).toBe(type);
    expect(toHex(report.slice(32, 80))).toBe(sha384(report.slice(256, 495)));
    expect(toHex(report.slice(80, 128))).toBe(sha384(report.slice(512, 1024)));
    const mac = createHmac('sha256', derive(launch.seed, 'report MAC key', 32)).update(report.slice(0, 224));
    expect(toHex(report.slice(224, 256))).toBe(mac.digest('hex'));
  });

  test('decodes to the registers of the model', () => {
    const evidence = tdx.evidence.decode(report);
    expect(evidence.format).toBe('tdreport');
    expect(evidence.issues).toEqual([]);
    expect(toHex(evidence.reportData)).toBe(toHex(reportData));
    expect(evidence.registers.map(({ name, value }) => [name, toHex(value)])).toEqual(
      REGISTERS.map(({ name }) => [name, toHex(model.read(name))]),
    );
  });
});
