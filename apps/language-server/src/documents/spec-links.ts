/** Where a specification that a check names can be read. Nothing is fetched: an address is for a person to open. */

const INTEL_PCS = 'https://api.portal.trustedservices.intel.com/content/documentation.html';
const AMD = 'https://www.amd.com/content/dam/amd/en/documents/epyc-technical-docs/specifications';
const TCG = 'https://trustedcomputinggroup.org/resource';

/** By how the name begins, or for AMD by the number of the document. */
const DOCUMENTS: readonly (readonly [name: RegExp, address: string])[] = [
  [/^Intel PCS API/, INTEL_PCS],
  [/^Intel SGX PCK Certificate/, INTEL_PCS],
  [
    /^Intel TDX DCAP Quoting Library API/,
    'https://download.01.org/intel-sgx/latest/dcap-latest/linux/docs/Intel_TDX_DCAP_Quoting_Library_API.pdf',
  ],
  [
    /^Intel TDX Module/,
    'https://www.intel.com/content/www/us/en/developer/tools/trust-domain-extensions/documentation.html',
  ],
  [/^DEN0137/, 'https://developer.arm.com/documentation/den0137/latest/'],
  [/^CoVE specification/, 'https://github.com/riscv-non-isa/riscv-ap-tee'],
  [/^TPM 2\.0 Library/, `${TCG}/tpm-library-specification/`],
  [/^TCG DICE Attestation/, `${TCG}/dice-attestation-architecture/`],
  [/^TCG Canonical Event Log/, `${TCG}/canonical-event-log-format/`],
  [/^TCG PC Client/, `${TCG}/pc-client-specific-platform-firmware-profile-specification/`],
  [/^UEFI /, 'https://uefi.org/specifications'],
];

/** Address of the clause, else of the document; undefined for a document without a public place that is known here. */
export function specLink(spec: string): string | undefined {
  const [, rfc, section] = /^RFC (\d+)(?: §([\d.]+\d|\d))?/.exec(spec) ?? [];
  if (rfc !== undefined)
    return `https://www.rfc-editor.org/rfc/rfc${rfc}${section === undefined ? '' : `#section-${section}`}`;
  const [, amd] = /^AMD .*\((5\d{4})\)/.exec(spec) ?? [];
  if (amd !== undefined) return `${AMD}/${amd}.pdf`;
  return DOCUMENTS.find(([name]) => name.test(spec))?.[1];
}
