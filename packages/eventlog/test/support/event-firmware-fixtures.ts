/** Fixtures of EV_NO_ACTION and of device security events. */
import { concat } from '@tsm/core';
import { encode } from '@tsm/core/layout';
import * as security from '../../src/event-data/device-security.ts';
import * as noAction from '../../src/event-data/no-action.ts';
import { SPEC_ID_EVENT } from '../../src/tcg/layout.ts';
import {
  block,
  chainSubHeader,
  measurementSubHeader,
  pci,
  platform,
  platformText,
  security2,
  securityPath,
  specId,
  uri,
  usb,
  type Fixture,
} from './event-builders.ts';
import { bytesOf, OWNER, signature, text, zeros } from './event-data.ts';

export const FIRMWARE_FIXTURES: readonly Fixture[] = [
  {
    name: 'Spec ID 00',
    type: 'EV_NO_ACTION',
    data: encode(noAction.SPEC_ID_EVENT_SHA1, {
      signature: signature('Spec ID Event00'),
      ...specId,
      vendorInfoSize: 0,
      vendorInfo: zeros(0),
    }),
    kind: 'spec-id',
    title: 'Spec ID Event00: SHA-1 log of BIOS',
  },
  {
    name: 'Spec ID 02',
    type: 'EV_NO_ACTION',
    data: encode(noAction.SPEC_ID_EVENT_SHA1, {
      signature: signature('Spec ID Event02'),
      ...specId,
      vendorInfoSize: 1,
      vendorInfo: zeros(1),
    }),
    kind: 'spec-id',
    title: 'Spec ID Event02: SHA-1 log of UEFI',
    fields: { signature: 'Spec ID Event02' },
  },
  {
    name: 'Spec ID 03',
    type: 'EV_NO_ACTION',
    data: encode(SPEC_ID_EVENT, {
      signature: signature('Spec ID Event03'),
      ...specId,
      numberOfAlgorithms: 2,
      digestSizes: [
        { algorithmId: 0x0c, digestSize: 48 },
        { algorithmId: 0x99, digestSize: 1 },
      ],
      vendorInfoSize: 0,
      vendorInfo: zeros(0),
    }),
    kind: 'spec-id',
    title: 'Spec ID Event03: sha384, 0x99',
  },
  {
    name: 'StartupLocality',
    type: 'EV_NO_ACTION',
    data: encode(noAction.STARTUP_LOCALITY, { signature: signature('StartupLocality'), startupLocality: 3 }),
    kind: 'startup-locality',
    title: 'StartupLocality 3',
    fields: { startupLocality: 3 },
  },
  {
    name: 'SP800-155',
    type: 'EV_NO_ACTION',
    data: encode(noAction.SP800_155_EVENT, { signature: signature('SP800-155 Event'), ...platform }),
    kind: 'sp800-155',
    title: `SP800-155 Event ${OWNER}`,
  },
  {
    name: 'SP800-155, second version',
    type: 'EV_NO_ACTION',
    data: encode(noAction.SP800_155_EVENT2, { signature: 'SP800-155 Event2', ...platformText() }),
    kind: 'sp800-155',
    title: 'SP800-155 Event2: Maker Model',
    fields: { firmwareVersion: '2.7' },
  },
  {
    name: 'SP800-155, third version',
    type: 'EV_NO_ACTION',
    data: encode(noAction.SP800_155_EVENT3, {
      signature: 'SP800-155 Event3',
      ...platformText(),
      rimLocatorType: 1,
      rimLocatorLength: uri.length,
      rimLocator: uri,
      platformCertLocatorType: 0,
      platformCertLocatorLength: 0,
      platformCertLocator: zeros(0),
    }),
    kind: 'sp800-155',
    title: 'SP800-155 Event3: Maker Model, RIM https://example.com/rim',
  },
  {
    name: 'H-CRTM component',
    type: 'EV_NO_ACTION',
    data: encode(noAction.HCRTM_COMPONENT, {
      signature: signature('H-CRTM CompMeas'),
      componentDescriptionSize: 4,
      componentDescription: 'ACM1',
      measurementFormatType: 0,
      componentMeasurementSize: 2,
      componentMeasurement: bytesOf(1, 2),
    }),
    kind: 'hcrtm-component',
    title: 'H-CRTM CompMeas ACM1 0102',
  },
  { name: 'other information', type: 'EV_NO_ACTION', data: text('hello'), kind: 'no-action', title: 'hello' },
  {
    name: 'SPDM, first version',
    type: 'EV_EFI_SPDM_FIRMWARE_BLOB',
    data: concat(
      encode(security.DEVICE_SECURITY_HEADER, {
        signature: signature('SPDM Device Sec'),
        version: 1,
        length: 0,
        spdmHashAlgo: 2,
        deviceType: 1,
      }),
      block,
      securityPath,
      pci,
    ),
    kind: 'device-security',
    title: 'SPDM PCI 10de:2331, measurement 1 00040001020304',
  },
  {
    name: 'SPDM, second version',
    type: 'EV_EFI_SPDM_FIRMWARE_CONFIG',
    data: security2(0, measurementSubHeader, 1, pci),
    kind: 'device-security',
    title: 'SPDM PCI 10de:2331, measurement 1 00040001020304',
  },
  {
    name: 'SPDM certificate chain',
    type: 'EV_EFI_SPDM_FIRMWARE_BLOB',
    data: security2(1, chainSubHeader, 2, usb),
    kind: 'device-security',
    title: 'SPDM device',
  },
  {
    name: 'SPDM sub-header of an OEM',
    type: 'EV_EFI_SPDM_FIRMWARE_BLOB',
    data: security2(7, bytesOf(1, 2), 0, zeros(0)),
    kind: 'device-security',
    title: 'SPDM device',
  },
  {
    name: 'SPDM as text',
    type: 'EV_EFI_SPDM_FIRMWARE_BLOB',
    data: text('SPDM'),
    kind: 'device-security',
    title: 'SPDM',
  },
];
