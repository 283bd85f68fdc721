/** The records that the RIM is a chain of. Spec: Arm RMM specification (DEN0137), RmmMeasurementDescriptor*. */
import { bytes, enumOf, field, flags, reserved, struct, u64le, u8 } from '@tsm/core/layout';

/** Types of descriptors; RIPAS up to RMM 1.1. */
export const DESCRIPTOR_TYPE = { DATA: 0, REC: 1, RIPAS: 2 } as const;

/** Bits of the flags of a DATA descriptor. */
export const DATA_FLAGS = { MEASURE: 0 } as const;

const types = Object.entries(DESCRIPTOR_TYPE).map(([name, value]) => ({ name, value }));

const HEAD = {
  type: field(enumOf(u8, types), 'What was done'),
  pad0: field(reserved(7), 'Zero'),
  len: field(u64le, 'Size of the descriptor: 256'),
  rim: field(bytes(64), 'RIM before, zeros after the digest'),
};

/** 256 bytes, for each granule of data. */
export const MeasurementDescriptorData = struct(
  'MeasurementDescriptorData',
  'DEN0137, RmmMeasurementDescriptorData',
  {
    ...HEAD,
    ipa: field(u64le, 'Address of the granule'),
    flags: field(flags(u64le, DATA_FLAGS), 'Whether the content is measured'),
    content: field(bytes(64), 'Hash of the granule, zeros after the digest; zero when it is not measured'),
    pad1: field(reserved(96), 'Zero'),
  },
);

/** 256 bytes, for each vCPU that may run. */
export const MeasurementDescriptorRec = struct(
  'MeasurementDescriptorRec',
  'DEN0137, RmmMeasurementDescriptorRec',
  {
    ...HEAD,
    content: field(bytes(64), 'Hash of RmiRecParams, zeros after the digest'),
    pad1: field(reserved(112), 'Zero'),
  },
);

/** 256 bytes, for each entry of the translation tables that becomes RAM (RMM 1.0 and 1.1). */
export const MeasurementDescriptorRipas = struct(
  'MeasurementDescriptorRipas',
  'DEN0137, RmmMeasurementDescriptorRipas',
  {
    ...HEAD,
    base: field(u64le, 'First address'),
    top: field(u64le, 'Address after the last'),
    pad1: field(reserved(160), 'Zero'),
  },
);
