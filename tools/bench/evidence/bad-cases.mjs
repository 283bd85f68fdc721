// @ts-check
/** Altered evidence and collateral that every verifier must refuse: those of the vectors' manifest, and edits of good ones. */
import { manifest, vector } from './subjects.mjs';

/** @typedef {import('./subjects.mjs').Subject} Subject */
/** What is altered, and the subject with it. @typedef {{ name: string, subject: Subject }} BadCase */

/** One bit of the byte at this offset. @param {number} offset @returns {(bytes: Uint8Array) => Uint8Array} */
const flip = (offset) => (bytes) => bytes.with(offset, (bytes[offset] ?? 0) ^ 1);

/** @param {number} offset @param {number[]} values @returns {(bytes: Uint8Array) => Uint8Array} */
const put = (offset, values) => (bytes) => Uint8Array.from(bytes, (byte, i) => values[i - offset] ?? byte);

/** @param {Subject} subject @param {Record<string, (bytes: Uint8Array) => Uint8Array>} edits @returns {BadCase[]} */
const edited = (subject, edits) =>
  Object.entries(edits).map(([name, edit]) => ({
    name,
    subject: { ...subject, evidence: subject.evidence.map(edit) },
  }));

/** Other members in the collateral's JSON. @param {Subject} subject @param {Record<string, string>} changes @returns {Subject} */
function withMembers(subject, changes) {
  const members = /** @type {Record<string, string>} */ (
    JSON.parse(Buffer.from(subject.collateral[0] ?? []).toString())
  );
  return { ...subject, collateral: [Buffer.from(JSON.stringify({ ...members, ...changes }))] };
}

/** @param {string} file @param {string} member */
const memberOf = (file, member) =>
  String(/** @type {Record<string, unknown>} */ (JSON.parse(Buffer.from(vector(file)).toString()))[member]);

/** @param {Subject} subject @returns {BadCase[]} */
function tdxCases(subject) {
  const altered = manifest().filter(({ file }) => file.startsWith('evidence/tdx/bad/'));
  const named = altered.map(({ file, format, derivation }) => ({
    name: String(derivation).replace(/; JSON written again.*| \(byte \d+:.*/, ''),
    subject:
      format === 'tdx-collateral-json'
        ? { ...subject, collateral: [vector(file)] }
        : { ...subject, evidence: [vector(file)] },
  }));
  const pckCrl = memberOf('evidence/tdx/collateral_phala.json', 'pck_crl');
  const rootCrl = memberOf('evidence/tdx/collateral_phala.json', 'root_ca_crl');
  const broken = (/** @type {string} */ hex) => hex.slice(0, -1) + (hex.endsWith('0') ? '1' : '0');
  const changes = {
    'PCK CRL with a broken signature': { pck_crl: broken(pckCrl) },
    'PCK CRL of 2023, long expired': {
      pck_crl: memberOf('evidence/tdx/gotdx_v4_collateral.json', 'pck_crl'),
    },
    'root CRL with a broken signature': { root_ca_crl: broken(rootCrl) },
    'no PCK CRL': { pck_crl: '' },
  };
  return [
    ...named,
    ...edited(subject, {
      'MRTD flipped': flip(48 + 136),
      'length of the authentication data 0xffffffff': put(632, [0xff, 0xff, 0xff, 0xff]),
    }),
    ...Object.entries(changes).map(([name, change]) => ({ name, subject: withMembers(subject, change) })),
  ];
}

/** @param {Subject} subject @returns {BadCase[]} */
function snpCases(subject) {
  const [vek = new Uint8Array(0), ...chain] = subject.collateral;
  return [
    ...edited(subject, {
      'MEASUREMENT flipped': flip(0x90),
      'signature flipped': flip(0x2a0),
      'SIGNATURE_ALGO 0': put(0x34, [0]),
      'last byte cut off': (report) => report.slice(0, -1),
      'reserved byte before CHIP_ID not zero': flip(0x19f),
      'reserved byte of the signature not zero': flip(0x49f),
      'POLICY: DEBUG set': (report) => put(0x0a, [(report[0x0a] ?? 0) | 8])(report),
    }),
    {
      name: 'certificate of the signing key flipped',
      subject: { ...subject, collateral: [flip(vek.length - 1)(vek), ...chain] },
    },
  ];
}

/** Certificates whose extensions are malformed. @param {Subject} milan @returns {BadCase[]} */
function milanCases(milan) {
  const [, ...chain] = milan.collateral;
  const report = vector('evidence/snp/trustee_milan_v2_report.bin');
  const malformed = manifest().filter(
    ({ file, format }) => file.startsWith('evidence/snp/bad/') && format === 'cert-der',
  );
  return malformed.map(({ file, what }) => ({
    name: String(what),
    subject: { ...milan, evidence: [report], collateral: [vector(file), ...chain] },
  }));
}

/** @param {Subject} subject @returns {BadCase[]} */
export function badCases(subject) {
  if (subject.provider.id === 'tdx') return tdxCases(subject);
  return [...snpCases(subject), ...(subject.title === 'SNP Milan' ? milanCases(subject) : [])];
}
