/** An Azure confidential VM, simulated: a paravisor at VMPL 0 that keeps a vTPM for the guest. Spec: Azure confidential VM guest attestation. */
import {
  concat,
  guidText,
  toBase64,
  TsmError,
  utf8Bytes,
  type Launch,
  type ModelTools,
  type ReportRequest,
} from '@tsm/core';
import { encode, sizeOf } from '@tsm/core/layout';
import { encodePem } from '@tsm/evidence';
import { derive } from './keys.ts';
import { HCL_HASH, HCL_REPORT, HclHeader, HclRuntimeData } from './layout/hcl.ts';
import { startGuest, type GuestForm, type SnpModel } from './model.ts';
import { PCRS } from './registers.ts';
import { NONCE_MAX, REPORT_DATA_SIZE } from './report.ts';
import { startVtpm, type Vtpm } from './vtpm.ts';

/** Size of the vTPM's NV index that holds the blob: zeros follow it. */
const BLOB_SIZE = 2600;
/** Size of the runtime data before the claims. */
const RUNTIME_HEADER_SIZE = 20;

const base64url = (bytes: Uint8Array): string =>
  toBase64(bytes).replace(/\+/g, '-').replace(/\//g, '_').replace(/=+$/, '');

/** The claims of the runtime data, JSON: the key of the vTPM, and what VM it is. */
function runtimeClaims({ modulus, exponent }: Vtpm, { seed }: Launch): Uint8Array {
  const key = { kty: 'RSA', e: base64url(exponent), n: base64url(modulus) };
  return utf8Bytes(
    JSON.stringify({
      keys: [{ kid: 'HCLAkPub', key_ops: ['sign'], ...key }],
      'vm-configuration': {
        'tpm-enabled': true,
        vmUniqueId: guidText(derive(seed, 'VM', 16)).toUpperCase(),
      },
      'user-data': '00'.repeat(REPORT_DATA_SIZE),
    }),
  );
}

/** The blob as the vTPM's NV index has it. */
function encodeHclBlob(report: Uint8Array, claims: Uint8Array): Uint8Array {
  const runtime = encode(HclRuntimeData, {
    ...{ size: RUNTIME_HEADER_SIZE + claims.length, version: 1, reportType: HCL_REPORT.SNP },
    ...{ hashType: HCL_HASH.sha256, claimsSize: claims.length, claims },
  });
  const header = encode(HclHeader, {
    ...{ signature: 'HCLA', version: 2, reportSize: sizeOf(HclHeader) + report.length + runtime.length },
    ...{ requestType: 2, status: 0, reserved: new Uint8Array(12) },
  });
  const blob = concat(header, report, runtime);
  return concat(blob, new Uint8Array(Math.max(0, BLOB_SIZE - blob.length)));
}

/** Register of the vTPM by its name; undefined for a register of the processor. */
function pcrOf(name: string): number | undefined {
  const pcr = PCRS.findIndex((one) => one.name === name);
  return pcr < 0 ? undefined : pcr;
}

function checkRequest({ inblob, privlevel, serviceProvider }: ReportRequest): void {
  if (inblob.length === 0 || inblob.length > NONCE_MAX) {
    throw new TsmError(
      'EINVAL',
      `inblob: expected 1 to ${String(NONCE_MAX)} bytes, got ${String(inblob.length)}`,
    );
  }
  if (privlevel !== undefined || serviceProvider !== undefined) {
    throw new TsmError('EINVAL', 'privlevel, service_provider: a quote of the vTPM has none');
  }
}

/** Launches a guest under a paravisor: PCRs beside the registers of the processor, and evidence as Azure's agents give it. */
export function startAzureGuest(launch: Launch, tools: ModelTools, form: GuestForm): SnpModel {
  const guest = startGuest(launch, tools, form);
  const vtpm = startVtpm(tools.digests);
  const claims = runtimeClaims(vtpm, launch);
  const digest = tools.digests.digest('sha256', claims);
  const reportData = concat(digest, new Uint8Array(REPORT_DATA_SIZE - digest.length));
  // The paravisor takes one report: a quote does not change it.
  let made: { readonly report: readonly number[]; readonly vcek?: string } | undefined;
  const prove = () => {
    const { outblob } = guest.report({ inblob: reportData });
    const vcek = form.hostCertificates ? guest.collateral().files['vcek.der'] : undefined;
    const report = [...encodeHclBlob(outblob, claims)];
    return vcek ? { report, vcek: encodePem('CERTIFICATE', vcek) } : { report };
  };
  return {
    collateral: guest.collateral,
    read(name) {
      const pcr = pcrOf(name);
      return pcr === undefined ? guest.read(name) : vtpm.read(pcr);
    },
    extend(name, value) {
      const pcr = pcrOf(name);
      if (pcr === undefined) guest.extend(name, value);
      else vtpm.extend(pcr, value);
    },
    report(request) {
      checkRequest(request);
      const { message, signature, pcrs } = vtpm.quote(request.inblob);
      const quote = { message: [...message], pcrs: pcrs.map((pcr) => [...pcr]), signature: [...signature] };
      return { outblob: utf8Bytes(JSON.stringify({ quote, ...(made ??= prove()) })) };
    },
  };
}
