// @ts-check
/** Peers that verify SEV-SNP reports. Each has the chain of the one product that it knows built in. Both throw when they refuse. */
import { load } from './install.mjs';

/** @typedef {import('./peers.mjs').Peer} Peer */
/** @typedef {import('../evidence/subjects.mjs').Subject} Subject */

/** Report, and certificate of the signing key (DER). @param {Subject} subject */
function inputs({ evidence: [report = new Uint8Array(0)], collateral: [vek = new Uint8Array(0)] }) {
  return { report, vek };
}

/**
 * Its own entry adds a fixed policy that real reports of some clouds do not meet (it demands TSME), and gzip. Measured is
 * what lies below: parse, chain, signature, certificate against report. It reads the clock itself.
 * @type {Peer}
 */
export const tinfoilVerifier = {
  name: '@tinfoilsh/verifier',
  async open() {
    const home = '@tinfoilsh/verifier/dist/sev';
    /** @typedef {{ Report: new (bytes: Uint8Array) => unknown }} ReportModule */
    /** @typedef {{ CertificateChain: { fromReport(report: unknown, vcek: Uint8Array): Promise<unknown> } }} ChainModule */
    /** @typedef {{ verifyAttestation: (chain: unknown, report: unknown) => Promise<boolean> }} VerifyModule */
    /** @typedef {{ validateReport: (report: unknown, chain: unknown, options: object) => void }} ValidationModule */
    const { Report } = /** @type {ReportModule} */ (await load(`${home}/report.js`));
    const { CertificateChain } = /** @type {ChainModule} */ (await load(`${home}/cert-chain.js`));
    const { verifyAttestation } = /** @type {VerifyModule} */ (await load(`${home}/verify.js`));
    const { validateReport } = /** @type {ValidationModule} */ (await load(`${home}/validation.js`));
    return (subject) => {
      const { report: bytes, vek } = inputs(subject);
      return async () => {
        const report = new Report(bytes);
        const chain = await CertificateChain.fromReport(report, vek);
        if (!(await verifyAttestation(chain, report))) throw new Error('signature');
        validateReport(report, chain, {});
      };
    };
  },
};

/** @type {Peer} */
export const litSnp = {
  name: '@lit-protocol/sev-snp-utils-sdk',
  async open() {
    /**
     * @typedef {object} Module
     * @property {() => Promise<unknown>} initWasmSevSnpUtilsSdk
     * @property {(report: string, vcek: Uint8Array) => Promise<void>} verify_attestation_report
     */
    const file = '@lit-protocol/sev-snp-utils-sdk/src/index.js';
    const { default: module } = /** @type {{ default: Module }} */ (await load(file));
    await module.initWasmSevSnpUtilsSdk();
    return (subject) => {
      const { report, vek } = inputs(subject);
      const text = Buffer.from(report).toString('base64');
      return () => module.verify_attestation_report(text, vek);
    };
  },
};
