/** Minted quotes hold against an independent verifier (node:crypto), and are the same bytes for the same seed and time. */
import { createHash, createPublicKey, verify, X509Certificate } from 'node:crypto';
import { portableDigests, toHex, utf8Text, type Launch } from '@tsm/core';
import { nodeOf } from '@tsm/core/layout';
import { parseCertificate } from '@tsm/evidence';
import { describe, expect, test } from 'vitest';
import tdx, { createTdx, createTestPki, pckChain, pckExtension, type TdxOptions } from '../src/index.ts';

const tools = { digests: portableDigests };
const launch: Launch = { seed: new Uint8Array(32).fill(7), now: new Date('2026-03-01T12:00:00.500Z') };
const inblob = Uint8Array.from({ length: 64 }, (_, i) => i);
const sha256 = (...parts: Uint8Array[]): Buffer => createHash('sha256').update(Buffer.concat(parts)).digest();

const forms: readonly TdxOptions[] = [
  { quoteVersion: 4, tdVersion: '1.0' },
  { quoteVersion: 4, tdVersion: '1.5' },
  { quoteVersion: 5, tdVersion: '1.0' },
  { quoteVersion: 5, tdVersion: '1.5' },
];

function mint(form: TdxOptions = {}, changes: Partial<Launch> = {}): Uint8Array {
  const model = createTdx(form).model({ ...launch, ...changes }, tools);
  model.extend('rtmr3', new Uint8Array(48).fill(9));
  return model.report({ inblob }).outblob;
}

/** A raw P-256 point x‖y as a key. */
function publicKey(point: Uint8Array) {
  const jwk = (bytes: Uint8Array): string => Buffer.from(bytes).toString('base64url');
  return createPublicKey({
    format: 'jwk',
    key: { kty: 'EC', crv: 'P-256', x: jwk(point.slice(0, 32)), y: jwk(point.slice(32)) },
  });
}

/** Fields of the quote, cut out by the offsets of its tree. */
function fields(quote: Uint8Array): (path: string) => Uint8Array {
  const { tree, issues, trailing } = tdx.evidence.decode(quote);
  expect({ issues, trailing }).toEqual({ issues: [], trailing: 0 });
  return (path) => {
    const node = nodeOf(tree, path);
    if (!node) throw new Error(`no ${path} in the quote`);
    return quote.slice(node.offset, node.offset + node.length);
  };
}

describe.each(forms)('quote v$quoteVersion of a TD $tdVersion', (form) => {
  const quote = mint(form);
  const field = fields(quote);
  const certified = 'authData.data.certificationData.data';
  const pem = utf8Text(field(`${certified}.certificationData.data`)).replace(/\0$/, '');
  const [leaf, ca, root] = pem
    .split(/(?<=-----END CERTIFICATE-----\n)/)
    .map((one) => new X509Certificate(one)) as [X509Certificate, X509Certificate, X509Certificate];

  test('the chain leads from the PCK leaf to the test root', () => {
    expect(leaf.verify(ca.publicKey) && ca.verify(root.publicKey) && root.verify(root.publicKey)).toBe(true);
    expect(leaf.checkIssued(ca) && ca.checkIssued(root) && root.checkIssued(root)).toBe(true);
    expect([leaf.ca, ca.ca, root.ca]).toEqual([false, true, true]);
    expect(root.raw.equals(createTestPki(launch, tools).root)).toBe(true);
    expect(leaf.subject).toContain('SGX PCK Certificate');
    expect(leaf.issuer).toContain('TSM test');
    for (const { validFrom, validTo } of [leaf, ca, root]) {
      expect(new Date(validFrom) <= launch.now && launch.now < new Date(validTo)).toBe(true);
    }
  });

  test('the PCK key signs the QE report, which binds the attestation key', () => {
    const report = field(`${certified}.qeReport`);
    const signature = field(`${certified}.qeReportSignature`);
    expect(verify('sha256', report, { key: leaf.publicKey, dsaEncoding: 'ieee-p1363' }, signature)).toBe(
      true,
    );
    const authData = field(`${certified}.qeAuthData.data`);
    expect(authData).toHaveLength(32);
    const bound = Buffer.concat([sha256(field('authData.data.attestationKey'), authData), Buffer.alloc(32)]);
    expect(toHex(report.slice(320, 384))).toBe(toHex(bound));
  });

  test('the attestation key signs header to body', () => {
    const signed = quote.slice(0, quote.length - field('authData').length);
    const key = publicKey(field('authData.data.attestationKey'));
    const signature = field('authData.data.signature');
    expect(verify('sha256', signed, { key, dsaEncoding: 'ieee-p1363' }, signature)).toBe(true);
    signed[200]! ^= 1;
    expect(verify('sha256', signed, { key, dsaEncoding: 'ieee-p1363' }, signature)).toBe(false);
  });

  test('the sizes are those of real quotes', () => {
    const body = form.quoteVersion === 5 && form.tdVersion === '1.5' ? 648 : 584;
    expect(field('body')).toHaveLength(body);
    expect(quote.length - field('authData').length).toBe(48 + (form.quoteVersion === 5 ? 6 : 0) + body);
  });

  test('no truncation throws, and each is an error', () => {
    for (let length = 0; length < quote.length; length++) {
      const { issues } = tdx.evidence.decode(quote.slice(0, length));
      expect(
        issues.some(({ severity }) => severity === 'error'),
        `cut at ${length}`,
      ).toBe(true);
    }
  });
});

describe('minting', () => {
  test('is reproducible by seed and time, and differs with either', () => {
    expect(toHex(mint())).toBe(toHex(mint()));
    expect(toHex(mint())).not.toBe(toHex(mint({}, { seed: new Uint8Array(32).fill(8) })));
    expect(toHex(mint())).not.toBe(toHex(mint({}, { now: new Date('2026-03-02T12:00:00Z') })));
  });

  test('the leaf says which platform it is', () => {
    const { certificates, issues } = pckChain(tdx.evidence.decode(mint()));
    expect(issues).toEqual([]);
    expect(certificates.map(({ subject }) => /CN=(.*)/.exec(subject)?.[1])).toEqual([
      'TSM test SGX PCK Certificate',
      'TSM test SGX PCK Platform CA',
      'TSM test SGX Root CA',
    ]);
    const { extension } = pckExtension(certificates[0]!);
    expect(toHex(extension!.fmspc)).toBe('54534d000000');
    expect(extension!.tcbComponents).toEqual([...extension!.cpuSvn]);
    expect(extension!.ppid.some((byte) => byte !== 0)).toBe(true);
  });

  test('a launch after 2049 gets certificates too', () => {
    const { pck } = createTestPki({ ...launch, now: new Date('2048-06-01T00:00:00Z') }, tools);
    expect(parseCertificate(pck).certificate?.notAfter).toEqual(new Date('2055-06-01T00:00:00Z'));
  });

  test('a given signer makes every signature, one for each further report', () => {
    let signatures = 0;
    const signer = {
      sign: (curve: string) => {
        expect(curve).toBe('p256');
        signatures += 1;
        return new Uint8Array(64).fill(1);
      },
    };
    const model = tdx.model(launch, { ...tools, signer });
    expect(signatures).toBe(0);
    model.report({ inblob });
    expect(signatures).toBe(5); // three certificates, QE report, quote
    model.report({ inblob });
    expect(signatures).toBe(6);
  });
});
