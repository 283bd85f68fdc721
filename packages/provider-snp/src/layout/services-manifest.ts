/** The services manifest of an SVSM: which services its report vouches for. Spec: SVSM specification (58019), §7. */
import { array, bytes, field, guid, rest, struct, u32le } from '@tsm/core/layout';

const SPEC = 'AMD SVSM (58019) §7.1';

export const SERVICES_MANIFEST_GUID = '63849ebb-3d92-4670-a1ff-58f9c94b87bb';
export const VTPM_SERVICE_GUID = 'c476f1eb-0123-45a5-9641-b4e7dde5bfe3';

/** 24 bytes. */
export const ServiceEntry = struct('ServiceEntry', SPEC, {
  guid: field(guid, 'Service'),
  offset: field(u32le, 'Where its manifest starts, from the start of the services manifest'),
  length: field(u32le, 'Its size in bytes'),
});

export const ServicesManifest = struct('ServicesManifest', SPEC, {
  guid: field(guid, 'Says that this is a services manifest'),
  size: field(u32le, 'Size of it all in bytes'),
  count: field(u32le, 'How many services'),
  services: field(array(ServiceEntry, 'count'), 'Services'),
  data: field(rest, "The services' manifests"),
});

/** The bytes that a report's REPORT_DATA is the SHA-512 of. */
export const SvsmReportInput = struct('SvsmReportInput', 'AMD SVSM (58019) §7.2', {
  nonce: field(bytes(64), 'What the guest asked to be bound'),
  manifest: field(rest, 'Services manifest'),
});
