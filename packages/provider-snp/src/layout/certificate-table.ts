/** The certificate table that follows a report, or is the `auxblob`. Spec: AMD GHCB (56421) §4.1.8.1; linux uapi sev-guest.h. */
import { bytes, field, struct, u32le } from '@tsm/core/layout';

/** What a certificate is, by GUID in textual byte order. */
export const CERTIFICATE_GUID = {
  VCEK: '63da758d-e664-4564-adc5-f4b93be8accd',
  VLEK: 'a8074bc2-a25a-483e-aae6-39c045a0b8a1',
  ASK: '4ab7b379-bbac-4fe4-a02f-05aef327c782',
  ARK: 'c0b406a4-a803-4952-9743-3fb6014cd0ae',
} as const;

/** 24 bytes. A row of zeros ends the rows; the certificates come after it. */
export const CertificateTableEntry = struct('CertificateTableEntry', 'AMD GHCB (56421) §4.1.8.1', {
  guid: field(bytes(16), 'What the certificate is, as a GUID in the order of its text'),
  offset: field(u32le, 'Where it starts, from the start of the table'),
  length: field(u32le, 'Its size in bytes'),
});
