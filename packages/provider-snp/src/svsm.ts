/** The SVSM of a simulated guest: what it attests for a guest above level 0. Spec: AMD SVSM (58019), §7. */
import { TsmError, type Launch, type ModelTools, type ReportRequest } from '@tsm/core';
import { encode } from '@tsm/core/layout';
import { derive, deriveKeyPair } from './keys.ts';
import { VTPM_SERVICE_GUID } from './layout/services-manifest.ts';
import { TpmtPublicEcc } from './layout/tpm-public.ts';
import { encodeServicesManifest, svsmReportData, type Service } from './services-manifest.ts';

/** Level of the SVSM itself. */
export const SVSM_VMPL = 0;

/** TCG EK Credential Profile 2.6, template H-3 (P-384): fixedTPM to decrypt. */
const EK = {
  nameAlg: 0x000c,
  attributes: 0x000300f2,
  curve: 4,
  symmetric: Uint8Array.of(0, 6, 1, 0, 0, 0x43),
};

function vtpmService(launch: Launch, tools: ModelTools): Service {
  const { point } = deriveKeyPair(launch.seed, 'EK of the vTPM', tools.signer);
  const manifest = encode(TpmtPublicEcc, {
    type: 0x0023,
    ...EK,
    authPolicy: derive(launch.seed, 'EK policy', 48),
    scheme: 0x0010,
    kdf: 0x0010,
    x: point.slice(1, 49),
    y: point.slice(49),
  });
  return { guid: VTPM_SERVICE_GUID, manifest };
}

/** What an SVSM answers to SVSM_ATTEST_SERVICES, or with a GUID to SVSM_ATTEST_SINGLE_SERVICE; refusals are `EINVAL`. */
export function attestServices(
  { inblob, serviceGuid, serviceManifestVersion = 0 }: ReportRequest,
  launch: Launch,
  tools: ModelTools,
): { reportData: Uint8Array; manifest: Uint8Array } {
  const services = [vtpmService(launch, tools)];
  const one = services.find(({ guid }) => guid === serviceGuid?.toLowerCase());
  if (serviceGuid !== undefined && !one)
    throw new TsmError('EINVAL', `service_guid: no service ${serviceGuid}`);
  if (serviceManifestVersion !== 0) {
    throw new TsmError(
      'EINVAL',
      `service_manifest_version: expected 0, got ${String(serviceManifestVersion)}`,
    );
  }
  const manifest = one?.manifest ?? encodeServicesManifest(services);
  return { reportData: svsmReportData(inblob, manifest, tools.digests), manifest };
}
