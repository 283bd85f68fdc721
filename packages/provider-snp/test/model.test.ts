/** The guest: registers, launch values, ID blocks, and the report driver as Linux has it. */
import { createHash } from 'node:crypto';
import { p384 } from '@noble/curves/nist.js';
import { fromBase64, toHex, utf8Bytes, type ReportRequest } from '@tsm/core';
import { decodeStrict, encode, nodeOf } from '@tsm/core/layout';
import { publicKeyFrom } from '@tsm/evidence';
import { describe, expect, test } from 'vitest';
import snp, {
  createIdBlock,
  createSnp,
  ownerKeyDigest,
  readCertificateTable,
  readServicesManifest,
  sevGuest,
} from '../src/index.ts';
import { GuestPolicy, IdBlock, TpmtPublicEcc, VTPM_SERVICE_GUID } from '../src/layout/index.ts';
import { inblob, launch, tools } from './support/guests.ts';

const errno = (code: string) => expect.objectContaining({ code }) as Error;
const field = (outblob: Uint8Array, path: string): unknown =>
  nodeOf(snp.evidence.decode(outblob).tree, path)?.value;
const POLICY = Uint8Array.of(0, 0, 3, 0, 0, 0, 0, 0);

describe('launch', () => {
  test('without an image measures one processor, page by page', () => {
    const empty = snp.model(launch, tools).read('measurement');
    const image = snp.model({ ...launch, image: utf8Bytes('image') }, tools).read('measurement');
    const same = snp
      .model({ ...launch, image: utf8Bytes('image'.padEnd(4096, '\0')) }, tools)
      .read('measurement');
    expect(empty).toHaveLength(48);
    expect(toHex(image)).not.toBe(toHex(empty));
    expect(toHex(image)).toBe(toHex(same));
  });

  test('takes what the host gives', () => {
    const values = {
      host_data: new Uint8Array(32).fill(7),
      measurement: new Uint8Array(48).fill(9),
      policy: Uint8Array.of(31, 0, 0xb, 0, 0, 0, 0, 0),
    };
    const model = snp.model({ ...launch, values }, tools);
    expect(toHex(model.read('host_data'))).toBe('07'.repeat(32));
    expect(toHex(model.read('measurement'))).toBe('09'.repeat(48));
    const { outblob } = model.report({ inblob });
    expect(toHex(outblob.slice(8, 16))).toBe('1f000b0000000000');
    expect(snp.evidence.decode(outblob).claims).toMatchObject({
      debug: true,
      'policy.abiMinor': 31,
      'policy.smt': true,
    });
  });

  test.each<[string, Record<string, Uint8Array>]>([
    ['an unknown name', { mrtd: new Uint8Array(48) }],
    ['a name of every object', { toString: new Uint8Array(0) }],
    ['a wrong size', { host_data: new Uint8Array(31) }],
    ['a policy without bit 17', { policy: new Uint8Array(8) }],
    ['an ID block alone', { id_block: new Uint8Array(96) }],
    ['firmware that cannot be measured', { firmware: new Uint8Array(4096) }],
  ])('%s is EINVAL', (_, values) => {
    expect(() => snp.model({ ...launch, values }, tools)).toThrow(errno('EINVAL'));
  });

  test('an image with the options of the calculator is measured as the calculator does', () => {
    expect(() => snp.model({ ...launch, values: { firmware: new Uint8Array(5) } }, tools)).toThrow(
      /firmware/,
    );
  });
});

describe('registers', () => {
  test('are static: an extend is EINVAL', () => {
    const model = snp.model(launch, tools);
    for (const name of ['measurement', 'host_data', 'rtmr0']) {
      expect(() => {
        model.extend(name, new Uint8Array(48));
      }).toThrow(errno('EINVAL'));
    }
    expect(() => model.read('rtmr0')).toThrow(errno('EINVAL'));
  });
});

describe('ID block', () => {
  const idKey = p384.utils.randomSecretKey(new Uint8Array(72).fill(1));
  const authorKey = p384.utils.randomSecretKey(new Uint8Array(72).fill(2));
  const measurement = new Uint8Array(48).fill(9);
  const block = {
    launchDigest: measurement,
    familyId: new Uint8Array(16).fill(3),
    imageId: new Uint8Array(16).fill(4),
    version: 1,
    guestSvn: 5,
    policy: decodeStrict(GuestPolicy, POLICY),
  };
  const start = (made: { idBlock: Uint8Array; idAuth: Uint8Array }, more: Record<string, Uint8Array> = {}) =>
    snp.model(
      { ...launch, values: { measurement, id_block: made.idBlock, id_auth: made.idAuth, ...more } },
      tools,
    );
  const digestOf = (key: Uint8Array): string => {
    const point = p384.getPublicKey(key, false);
    const number = (bytes: Uint8Array) => Buffer.concat([Buffer.from(bytes).reverse(), Buffer.alloc(24)]);
    const structure = Buffer.concat([
      Buffer.from([2, 0, 0, 0]),
      number(point.slice(1, 49)),
      number(point.slice(49)),
      Buffer.alloc(0x404 - 148),
    ]);
    return createHash('sha384').update(structure).digest('hex');
  };

  test('gives ids, SVN and the digests of the keys', () => {
    const model = start(createIdBlock(block, { idKey, authorKey }));
    expect(toHex(model.read('id_key_digest'))).toBe(digestOf(idKey));
    expect(toHex(model.read('author_key_digest'))).toBe(digestOf(authorKey));
    const { claims } = snp.evidence.decode(model.report({ inblob }).outblob);
    expect(claims).toMatchObject({
      guestSvn: 5,
      authorKeyEn: true,
      familyId: block.familyId,
      imageId: block.imageId,
    });
  });

  test('without an author key has none in the report', () => {
    const model = start(createIdBlock(block, { idKey }));
    expect(toHex(model.read('author_key_digest'))).toBe('00'.repeat(48));
    expect(snp.evidence.decode(model.report({ inblob }).outblob).claims).toMatchObject({
      authorKeyEn: false,
    });
  });

  test('the digest of a public key is that of the report', () => {
    expect(toHex(ownerKeyDigest(p384.getPublicKey(idKey, false), tools.digests)!)).toBe(digestOf(idKey));
    expect(ownerKeyDigest(utf8Bytes('no key'), tools.digests)).toBeUndefined();
    expect(publicKeyFrom(p384.getPublicKey(idKey, false))?.curve).toBe('p384');
  });

  test('has the bytes of a public tool', () => {
    const known =
      'B28FLQi9p6cAqipgjFyqawDrrSl7bWioWkWx5mmlWLZ+G5HShKMB/mPE+gdQRn7tAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAABAAAAAAAAAAAAAwAAAAAA';
    const bytes = fromBase64(known)!;
    const made = createIdBlock(
      {
        ...block,
        launchDigest: bytes.slice(0, 48),
        familyId: new Uint8Array(16),
        imageId: new Uint8Array(16),
        guestSvn: 0,
      },
      { idKey },
    );
    expect(toHex(made.idBlock)).toBe(toHex(bytes));
  });

  const made = createIdBlock(block, { idKey, authorKey });
  const edited = (bytes: Uint8Array, at: number): Uint8Array => {
    const copy = bytes.slice();
    copy[at]! ^= 1;
    return copy;
  };
  test.each<[string, { idBlock: Uint8Array; idAuth: Uint8Array }, Record<string, Uint8Array>, RegExp]>([
    ['another measurement', made, { measurement: new Uint8Array(48) }, /BAD_MEASUREMENT/],
    ['another policy', made, { policy: Uint8Array.of(1, 0, 3, 0, 0, 0, 0, 0) }, /POLICY_FAILURE/],
    ['an altered block', { ...made, idBlock: edited(made.idBlock, 50) }, {}, /BAD_SIGNATURE.*ID block/],
    ['an altered ID key', { ...made, idAuth: edited(made.idAuth, 64 + 512 + 10) }, {}, /BAD_SIGNATURE/],
    [
      'an altered signature of the author',
      { ...made, idAuth: edited(made.idAuth, 1664 + 10) },
      {},
      /BAD_SIGNATURE.*author/,
    ],
    ['another algorithm', { ...made, idAuth: edited(made.idAuth, 0) }, {}, /INVALID_PARAM/],
    ['an author key without its algorithm', { ...made, idAuth: edited(made.idAuth, 4) }, {}, /INVALID_PARAM/],
    ['another version', createIdBlock({ ...block, version: 2 }, { idKey }), {}, /INVALID_PARAM/],
  ])('%s is EINVAL, with the status of the firmware', (_, blocks, more, message) => {
    expect(() => start(blocks, more)).toThrow(errno('EINVAL'));
    expect(() => start(blocks, more)).toThrow(message);
  });

  test('an ID block has the size of its table', () => {
    expect(encode(IdBlock, block)).toHaveLength(96);
  });
});

describe('report driver', () => {
  test('shows the attributes of an SVSM above VMPL 0 only', () => {
    expect(sevGuest(0)).toMatchObject({ name: 'sev_guest', privlevelFloor: 0, inblob: { min: 64, max: 64 } });
    expect(sevGuest(0).attributes).toEqual(['privlevel', 'privlevelFloor', 'auxblob']);
    expect([...sevGuest(2).attributes].sort()).toEqual(
      [
        ...['privlevel', 'privlevelFloor', 'auxblob'],
        ...['serviceProvider', 'serviceGuid', 'serviceManifestVersion', 'manifestblob'],
      ].sort(),
    );
    expect(sevGuest(2).privlevelFloor).toBe(2);
  });

  test('reports at the level that was asked for', () => {
    const model = snp.model(launch, tools);
    expect(
      [undefined, 0, 2, 3].map((privlevel) => field(model.report({ inblob, privlevel }).outblob, 'vmpl')),
    ).toEqual([0, 0, 2, 3]);
  });

  test('the auxblob is the certificate table, or empty', () => {
    const { auxblob } = snp.model(launch, tools).report({ inblob });
    const { certificates, issues, length } = readCertificateTable(auxblob!);
    expect(certificates.map(({ role }) => role)).toEqual(['VCEK', 'ASK', 'ARK']);
    expect({ issues, length }).toEqual({ issues: [], length: auxblob!.length });
    expect(
      createSnp({ hostCertificates: false }).model(launch, tools).report({ inblob }).auxblob,
    ).toHaveLength(0);
  });

  const above = createSnp({ vmpl: 2 }).model(launch, tools);
  test.each<[string, typeof above, Partial<ReportRequest>]>([
    ['an inblob of 32 bytes', above, { inblob: new Uint8Array(32) }],
    ['another service provider', above, { serviceProvider: 'foo' }],
    ['an empty service provider', above, { serviceProvider: '' }],
    ['an SVSM below VMPL 0', snp.model(launch, tools), { serviceProvider: 'svsm' }],
    [
      'an unknown service',
      above,
      { serviceProvider: 'svsm', serviceGuid: '00000000-0000-0000-0000-000000000001' },
    ],
    ['another manifest version', above, { serviceProvider: 'svsm', serviceManifestVersion: 1 }],
    ['a level below its own', above, { privlevel: 1 }],
    ['a level that does not exist', above, { privlevel: 4 }],
  ])('%s is EINVAL', (_, model, request) => {
    expect(() => model.report({ inblob, ...request })).toThrow(errno('EINVAL'));
  });

  test('an SVSM reports at VMPL 0 over nonce and manifest', () => {
    const { outblob, manifestblob, auxblob } = above.report({ inblob, serviceProvider: 'svsm' });
    const { services, issues } = readServicesManifest(manifestblob!);
    expect(issues).toEqual([]);
    expect(services.map(({ guid }) => guid)).toEqual([VTPM_SERVICE_GUID]);
    expect(decodeStrict(TpmtPublicEcc, services[0]!.manifest)).toMatchObject({ type: 0x23, curve: 4 });
    expect(field(outblob, 'vmpl')).toBe(0);
    const bound = createHash('sha512').update(inblob).update(manifestblob!).digest('hex');
    expect(toHex(snp.evidence.decode(outblob).reportData)).toBe(bound);
    expect(auxblob?.length).toBeGreaterThan(0);
  });

  test('one service gives its own manifest', () => {
    const request = { inblob, serviceProvider: 'svsm', serviceGuid: VTPM_SERVICE_GUID.toUpperCase() };
    const { manifestblob } = above.report(request);
    const all = readServicesManifest(above.report({ inblob, serviceProvider: 'svsm' }).manifestblob!);
    expect(toHex(manifestblob!)).toBe(toHex(all.services[0]!.manifest));
  });
});

test('a level that does not exist is misuse', () => {
  expect(() => createSnp({ vmpl: 4 })).toThrow(RangeError);
});
