/** Certificates: minted ones hold against node:crypto, real ones are read, bad ones give issues. */
import {
  createHash,
  createPrivateKey,
  createPublicKey,
  sign as nodeSign,
  X509Certificate,
} from 'node:crypto';
import { latin1Bytes, toHex } from '@tsm/core';
import { leaves, nodeOf } from '@tsm/core/layout';
import { describe, expect, test } from 'vitest';
import { describeVectors, readVector, vectors } from '../../core/test/support/vectors.ts';
import {
  authorityKeyIdentifier,
  basicConstraints,
  certificateNode,
  derNode,
  encodeCertificate,
  encodeDer,
  encodePem,
  keyUsage,
  parseCertificate,
  parseCertificates,
  parsePem,
  subjectKeyIdentifier,
  type CertificateTemplate,
} from '../src/index.ts';
import { FROM, mintCrl, testKey } from './support/pki.ts';

/** The key pair of RFC 6979 A.2.5. */
const key = createPrivateKey({
  format: 'jwk',
  key: {
    kty: 'EC',
    crv: 'P-256',
    d: Buffer.from('C9AFA9D845BA75166B5C215767B1D6934E50C3DB36E89B127B8A622B120F6721', 'hex').toString(
      'base64url',
    ),
    x: Buffer.from('60FED4BA255A9D31C961EB74C6356D68C049B8923B61FA6CE669622E60F29FB6', 'hex').toString(
      'base64url',
    ),
    y: Buffer.from('7903FE1008B8BC99A41AE9E95628BC64F2F1B20C2D7E9F5177A3C294D4462299', 'hex').toString(
      'base64url',
    ),
  },
});
const spki = new Uint8Array(createPublicKey(key).export({ type: 'spki', format: 'der' }));
const keyId = new Uint8Array(createHash('sha256').update(spki).digest()).slice(0, 20);
const sign = (tbs: Uint8Array): Uint8Array => nodeSign('sha256', tbs, { key, dsaEncoding: 'ieee-p1363' });

const template: CertificateTemplate = {
  serial: 0xf00dn,
  issuer: { CN: 'A, "root" of <tests>', O: 'TSM', C: 'US' },
  subject: { CN: '#leaf ', OU: 'a+b;c\\d' },
  notBefore: new Date('2026-01-01T00:00:00Z'),
  notAfter: new Date('2051-01-01T00:00:00Z'),
  publicKey: { curve: 'p256', point: spki.slice(-65) },
  extensions: [
    basicConstraints(true, 1),
    keyUsage('keyCertSign', 'cRLSign'),
    subjectKeyIdentifier(keyId),
    authorityKeyIdentifier(keyId),
    { oid: '1.3.6.1.4.1.99999.1', critical: false, value: encodeDer({ kind: 'integer', value: 5n }) },
  ],
};
const der = encodeCertificate(template, sign);
const pem = encodePem('CERTIFICATE', der);

describe('a minted certificate', () => {
  test('is what node:crypto reads and verifies', () => {
    const node = new X509Certificate(der);
    expect(node.verify(createPublicKey(key))).toBe(true);
    expect(node.serialNumber).toBe('F00D');
    expect(node.ca).toBe(true);
    expect(node.issuer).toBe('CN=A\\, \\"root\\" of \\<tests\\>\nO=TSM\nC=US');
    expect([new Date(node.validFrom), new Date(node.validTo)]).toEqual([
      template.notBefore,
      template.notAfter,
    ]);
    expect(node.toString()).toBe(pem);
  });

  test('is read back', () => {
    const { certificate, issues } = parseCertificate(der);
    expect(issues).toEqual([]);
    expect(certificate).toMatchObject({
      serial: 0xf00dn,
      issuer: 'C=US,O=TSM,CN=A\\, \\"root\\" of \\<tests\\>',
      subject: 'OU=a\\+b\\;c\\\\d,CN=\\#leaf\\ ',
      notBefore: template.notBefore,
      notAfter: template.notAfter,
      publicKey: { curve: 'p256', point: spki.slice(-65), spki },
      signature: { algorithm: '1.2.840.10045.4.3.2' },
    });
    expect([...certificate!.extensions.values()]).toEqual(template.extensions);
    expect(toHex(der)).toContain(toHex(certificate!.tbs));
    expect(toHex(certificate!.der)).toBe(toHex(der));
  });

  test('a serial number with its highest bit set stays positive', () => {
    const made = encodeCertificate({ ...template, serial: 0xff01n }, sign);
    expect(parseCertificate(made).certificate?.serial).toBe(0xff01n);
    expect(new X509Certificate(made).serialNumber).toBe('FF01');
  });
});

describe('PEM', () => {
  test('several blocks, CRLF, NULs and text between, with byte offsets', () => {
    const text = `junk ü\n${pem.replaceAll('\n', '\r\n')}\0\0more\n${encodePem('X509 CRL', der)}`;
    const { blocks, issues } = parsePem(text);
    expect(issues).toEqual([]);
    expect(blocks.map(({ label, der: content }) => [label, toHex(content)])).toEqual([
      ['CERTIFICATE', toHex(der)],
      ['X509 CRL', toHex(der)],
    ]);
    const bytes = new TextEncoder().encode(text);
    for (const { label, offset, length } of blocks) {
      const cut = Buffer.from(bytes.slice(offset, offset + length)).toString();
      expect(cut.startsWith(`-----BEGIN ${label}-----`) && cut.endsWith(`-----END ${label}-----`)).toBe(true);
    }
    expect(parsePem(bytes)).toEqual(parsePem(text));
  });

  test('a chain keeps its order and its place in a larger input', () => {
    const { certificates, issues } = parseCertificates(latin1Bytes(pem + pem), {
      path: 'chain',
      offset: 100,
    });
    expect(issues).toEqual([]);
    expect(certificates.map(({ place }) => [place.path, place.offset])).toEqual([
      ['chain', 100],
      ['chain', 100 + pem.length],
    ]);
  });

  test('lines have 64 characters', () => {
    const lines = pem.trimEnd().split('\n').slice(1, -1);
    expect(lines.slice(0, -1).every((line) => line.length === 64)).toBe(true);
  });
});

const pems = vectors('evidence/tdx', ['cert-pem']);

describeVectors('real certificates read as node:crypto reads them', 4, pems, ({ file }) => {
  const { certificates, issues } = parseCertificates(readVector(file));
  expect(issues).toEqual([]);
  expect(certificates.length).toBeGreaterThan(0);
  for (const certificate of certificates) {
    const node = new X509Certificate(certificate.der);
    expect(certificate.serial).toBe(BigInt(`0x${node.serialNumber}`));
    expect([certificate.notBefore, certificate.notAfter]).toEqual([
      new Date(node.validFrom),
      new Date(node.validTo),
    ]);
    expect(certificate.subject.split(',').reverse().join('\n')).toBe(node.subject);
    expect(certificate.issuer.split(',').reverse().join('\n')).toBe(node.issuer);
    expect(toHex(certificate.publicKey.spki)).toBe(
      node.publicKey.export({ type: 'spki', format: 'der' }).toString('hex'),
    );
  }
});

describe('for display', () => {
  const { certificate } = parseCertificate(der, { path: '', offset: 100, length: der.length });
  const node = certificateNode(certificate!, 'Certificate')!;

  test('the leaves tile the certificate, in the offsets of its file', () => {
    let at = 100;
    for (const { offset, length } of leaves(node)) {
      expect(offset).toBe(at);
      at = offset + length;
    }
    expect(at).toBe(100 + der.length);
  });

  test('parts have their names, identifiers their meanings, and extensions are looked into', () => {
    const at = (path: string) => nodeOf(node, `Certificate.${path}`);
    expect(at('tbs.serial')).toMatchObject({ doc: 'integer', value: 0xf00dn });
    expect(at('tbs.validity[0]')).toMatchObject({ doc: 'utc time', value: '2026-01-01T00:00:00.000Z' });
    expect(at('tbs[2][0]')).toMatchObject({ value: '1.2.840.10045.4.3.2', meaning: 'ecdsa-p256-sha256' });
    expect(at('tbs.extensions[0][0][0]')).toMatchObject({ value: '2.5.29.19', meaning: 'basicConstraints' });
    expect(at('tbs.extensions[0][0][2][0][0]')).toMatchObject({ doc: 'boolean', value: true });
  });

  test('a list has names, too, and what is no DER has no tree', () => {
    const crl = mintCrl({ CN: 'Holder', key: testKey() }, { revoked: [{ serial: 5n, date: FROM }] });
    const paths = leaves(certificateNode(crl, 'List')!).map(({ path }) => path);
    expect(paths).toContain('List.tbs.revoked[0][0]');
    expect(derNode(Uint8Array.of(0x30, 0x80))).toBeUndefined();
    expect(derNode(Uint8Array.of(0x30, 2, 1, 5))?.children).toEqual([]);
  });
});
