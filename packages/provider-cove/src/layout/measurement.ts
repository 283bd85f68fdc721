/** What the TSM hashes into a measurement register, after the register's value. Spec: CoVE specification, Measurements; salus attestation/src/measurement.rs. */
import { bytes, field, reserved, struct, u64le } from '@tsm/core/layout';

/** For each measured page. The CoVE specification leaves the record to the implementation: this is salus's. */
export const PageRecord = struct('PageRecord', 'salus, attestation/src/measurement.rs', {
  gpa: field(u64le, 'Guest physical address of the page'),
  page: field(bytes(4096), 'Content of the page'),
});

/** At finalize, in this order, each an extension of its own. */
export const ConfigurationRecord = struct('ConfigurationRecord', 'salus, attestation/src/manager.rs', {
  value: field(u64le, 'entry_sepc, then entry_arg'),
});

/** What salus hashes when a guest extends: its whole buffer, not the digest alone. */
export const SalusExtendRecord = struct('SalusExtendRecord', 'salus, src/vm.rs, guest_extend_measurement', {
  digest: field(bytes(48), 'SHA-384 digest of the guest'),
  padding: field(reserved(16), 'The rest of the buffer of 64 bytes'),
});
