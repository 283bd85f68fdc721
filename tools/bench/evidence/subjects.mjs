// @ts-check
/** What is verified: evidence minted by our own models, and real evidence where the shared vectors are. */
import { existsSync, readFileSync } from 'node:fs';
import path from 'node:path';
import { ROOT } from '../../lib/run.mjs';

const { portableDigests } = await import('@tsm/core');
const { parsePem } = await import('@tsm/evidence');
const { default: tdx } = await import('@tsm/provider-tdx');
const { default: snp } = await import('@tsm/provider-snp');
const { default: cca } = await import('@tsm/provider-cca');
const { default: cove } = await import('@tsm/provider-cove');

/** @typedef {import('@tsm/core').Provider} Provider */

/**
 * @typedef {object} Subject
 * @property {string} title
 * @property {Provider} provider
 * @property {readonly Uint8Array[]} evidence of one platform; verified in turn
 * @property {readonly Uint8Array[]} collateral
 * @property {Date} now
 * @property {readonly Uint8Array[]} [trustAnchors]
 */

const VECTORS = process.env['TSM_VECTORS'] ?? path.join(ROOT, '../shared/vectors');

/** Are the shared vectors there? */
export const haveVectors = existsSync(path.join(VECTORS, 'manifest.json'));

/** @param {string} file below the vectors' folder */
export const vector = (file) => new Uint8Array(readFileSync(path.join(VECTORS, file)));

/** An entry of the vectors' manifest. @typedef {Record<string, unknown> & { file: string, format: string, area: string }} Entry */

/** @returns {Entry[]} */
export const manifest = () =>
  /** @type {Entry[]} */ (JSON.parse(readFileSync(path.join(VECTORS, 'manifest.json'), 'utf8')));

const NOW = new Date('2026-03-01T00:00:00Z');
/** A day later: at the very moment of the launch certificates begin, and nothing is kept for long. */
const VERIFIED = new Date('2026-03-02T00:00:00Z');
/** Reports of one machine with different report data: no signature is verified twice. */
const FLEET = 8;

/** @param {string} title @param {Provider} provider @returns {Subject} */
function minted(title, provider) {
  const launch = { seed: new Uint8Array(32).fill(3), now: NOW, image: new Uint8Array(8192).fill(1) };
  const model = provider.model?.(launch, { digests: portableDigests });
  const collateral = model?.collateral?.();
  if (!collateral) throw new TypeError(`${provider.id}: its model has no collateral`);
  const { files, trustAnchors } = collateral;
  const evidence = Array.from({ length: FLEET }, (_, i) => {
    const inblob = new Uint8Array(64).fill(i).subarray(0, provider.report?.inblob.max);
    return model?.report?.({ inblob }).outblob ?? new Uint8Array(0);
  });
  return { title, provider, evidence, collateral: Object.values(files), now: VERIFIED, trustAnchors };
}

/** All four technologies; the same in every checkout. */
export const MINTED = [
  minted('TDX minted', tdx),
  minted('SNP minted', snp),
  minted('CCA minted', cca),
  minted('CoVE minted', cove),
];

/** A certificate as DER, which is what peers take. @param {string | Uint8Array} pem */
function derOf(pem) {
  const bytes = typeof pem === 'string' ? new TextEncoder().encode(pem) : pem;
  return parsePem(bytes).blocks[0]?.der ?? bytes;
}

const AZURE_HEADER = 32;
const SNP_REPORT = 1184;

/** The report inside Azure's evidence, as SNP firmware gave it. */
function genoa() {
  const text = new TextDecoder().decode(vector('evidence/snp/az_evidence_genoa.json'));
  const { report, vcek } = /** @type {{ report: number[], vcek: string }} */ (JSON.parse(text));
  return { report: Uint8Array.from(report.slice(AZURE_HEADER, AZURE_HEADER + SNP_REPORT)), vek: derOf(vcek) };
}

/** @param {string} title @param {Uint8Array} report @param {Uint8Array} vek @param {string} chain @param {string} now @returns {Subject} */
function realSnp(title, report, vek, chain, now) {
  const collateral = [derOf(vek), vector(`evidence/snp/${chain}.pem`)];
  return { title, provider: snp, evidence: [report], collateral, now: new Date(now) };
}

/** @returns {Subject[]} */
function readReal() {
  const { report, vek } = genoa();
  /** @param {string} name */
  const file = (name) => vector(`evidence/snp/${name}`);
  const [july, june] = ['2026-07-01T00:00:00Z', '2025-06-01T00:00:00Z'];
  return [
    {
      title: 'TDX v4',
      provider: tdx,
      evidence: [vector('evidence/tdx/quote_v4_phala.dat')],
      collateral: [vector('evidence/tdx/collateral_phala.json')],
      now: new Date('2025-07-01T00:00:00Z'),
    },
    realSnp('SNP Genoa', report, vek, 'ask_ark_genoa', july),
    realSnp(
      'SNP Milan',
      file('virtee_milan_v2_report.bin'),
      file('virtee_vcek_milan.der'),
      'ask_ark_milan',
      july,
    ),
    realSnp(
      'SNP Milan VLEK',
      file('trustee_milan_v3_vlek_report.bin'),
      file('trustee_vlek.der'),
      'ask_ark_milan_vlek',
      june,
    ),
    realSnp('SNP Turin', file('ms_turin_report.bin'), file('ms_turin_vcek.pem'), 'ask_ark_turin', july),
  ];
}

/** Real evidence with the vendors' roots; none without the vectors. */
export const REAL = haveVectors ? readReal() : [];

/**
 * @param {Subject} subject
 * @param {Partial<import('@tsm/core').VerifyOptions>} [more]
 */
export function verify(
  { provider, evidence: [bytes = new Uint8Array(0)], collateral, now, trustAnchors },
  more = {},
) {
  if (!provider.verify) throw new TypeError(`${provider.id} does not verify`);
  return provider.verify(bytes, { now, collateral, ...(trustAnchors && { trustAnchors }), ...more });
}
