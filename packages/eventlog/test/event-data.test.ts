/** Event data made by our own encoders: kind, title, fields, byte ranges, and every issue that it can have. */
import { concat, utf16Bytes, type Node } from '@tsm/core';
import { encode, leaves } from '@tsm/core/layout';
import { describe, expect, test } from 'vitest';
import { decodeContent } from '../src/event-data/decode.ts';
import { NODE_KINDS } from '../src/event-data/device-path/nodes.ts';
import { EVENT_ISSUES } from '../src/event-data/issues.ts';
import { EFI_SIGNATURE_LIST } from '../src/event-data/signatures.ts';
import { titleText } from '../src/event-data/text.ts';
import { EVENT_TYPES, eventType, eventTypeName } from '../src/event-types.ts';
import * as support from './support/event-data.ts';
import { gpt } from './support/event-builders.ts';
import { FIXTURES } from './support/event-fixtures.ts';

const { bytesOf, contentOf, DISK_PATH, DISK_TEXT, END, file, node, PLACE, typedNode, variable, zeros } =
  support;

function imageOf(path: Uint8Array): Uint8Array {
  const length = zeros(8);
  new DataView(length.buffer).setUint32(0, path.length, true);
  return concat(zeros(24), length, path);
}

const pathOf = (path: Uint8Array): { text: string; nodes: { text: string }[] } =>
  contentOf('EV_EFI_BOOT_SERVICES_DRIVER', imageOf(path)).fields['devicePath'] as never;

function expectTiles(tree: Node, length: number): void {
  let offset = PLACE.offset;
  for (const leaf of leaves(tree)) {
    if (leaf.length === 0) continue;
    expect(leaf.offset, leaf.path).toBe(offset);
    offset += leaf.length;
  }
  expect(offset).toBe(PLACE.offset + length);
}

describe('event types', () => {
  test('ids and names are unique, and every row has its source', () => {
    expect(new Set(EVENT_TYPES.map((type) => type.value)).size).toBe(EVENT_TYPES.length);
    expect(new Set(EVENT_TYPES.map((type) => type.name)).size).toBe(EVENT_TYPES.length);
    for (const type of EVENT_TYPES) expect(type.spec).not.toBe('');
  });

  test('an unknown id is named by its number and read as bytes', () => {
    expect(eventType(0xabc)).toBeUndefined();
    expect(eventTypeName(0xabc)).toBe('0x00000abc');
    expect(eventTypeName(4)).toBe('EV_SEPARATOR');
    expect(decodeContent(0xabc, bytesOf(1, 2), PLACE)).toMatchObject({
      kind: 'opaque',
      title: '0102',
      tree: undefined,
      issues: [],
    });
  });
});

describe('every structure', () => {
  test.each(FIXTURES.map((fixture) => [fixture.name, fixture] as const))('%s', (_, fixture) => {
    const content = contentOf(fixture.type, fixture.data);
    expect(content.issues).toEqual([]);
    expect({ kind: content.kind, title: content.title }).toEqual({
      kind: fixture.kind,
      title: fixture.title,
    });
    if (fixture.fields) expect(content.fields).toMatchObject(fixture.fields);
    if (content.tree) expectTiles(content.tree, fixture.data.length);
    else expect(content.fields).toEqual({ data: fixture.data });
  });

  test('has a fixture for every kind of data', () => {
    const read = new Set(FIXTURES.map((one) => eventType(support.typeOf(one.type))?.content));
    expect(EVENT_TYPES.filter((type) => !read.has(type.content))).toEqual([]);
  });

  test.each(FIXTURES.map((fixture) => [fixture.name, fixture] as const))(
    'cut at any byte: %s',
    (_, { type, data }) => {
      const whole = contentOf(type, data);
      for (let length = 0; length < data.length; length++) {
        const cut = contentOf(type, data.subarray(0, length));
        if (cut.title.startsWith('damaged'))
          expect(cut.issues.some((one) => one.severity === 'error')).toBe(true);
        if (cut.tree) expectTiles(cut.tree, length);
      }
      expect(whole.issues).toEqual([]);
    },
  );
});

describe('fields', () => {
  test('of a boot option: description, all device paths, and the data after them', () => {
    const option = support.loadOption('x', concat(DISK_PATH, file('\\b'), END), bytesOf(7));
    const { fields } = contentOf('EV_EFI_VARIABLE_BOOT', variable('Boot0000', option));
    expect(fields['option']).toMatchObject({
      attributes: 1,
      description: 'x',
      devicePaths: [{ text: DISK_TEXT }, { text: '\\b', file: '\\b' }],
      optionalData: bytesOf(7),
    });
  });

  test('of a signature list: type, owners and data', () => {
    const { fields } = contentOf('EV_EFI_VARIABLE_DRIVER_CONFIG', variable('dbx', support.hashes(2)));
    expect(fields['signatureLists']).toEqual([
      {
        signatureType: 'c1c41626-504c-4092-aca9-41f936934328',
        typeName: 'SHA-256 hash',
        signatures: [
          { signatureOwner: support.OWNER, signatureData: zeros(32) },
          { signatureOwner: support.OWNER, signatureData: zeros(32).fill(1) },
        ],
      },
    ]);
  });

  test('of an authority: owner and certificate', () => {
    const entry = support.certificates(support.CERTIFICATE).subarray(28);
    const { fields } = contentOf('EV_EFI_VARIABLE_AUTHORITY', variable('db', entry));
    expect(fields['signature']).toEqual({
      signatureOwner: support.OWNER,
      signatureData: support.CERTIFICATE,
    });
  });

  test('of a GPT: partitions with their names', () => {
    const { fields } = contentOf('EV_EFI_GPT_EVENT', gpt('EFI PART', 'root'));
    expect(fields['partitions']).toMatchObject([{ partitionName: 'root', startingLba: 2048n }]);
  });

  test('of SPDM: measurements, device path and device', () => {
    const fixture = FIXTURES.find((one) => one.name === 'SPDM, second version')!;
    const { fields } = contentOf(fixture.type, fixture.data);
    expect(fields).toMatchObject({
      devicePath: { text: DISK_TEXT },
      measurements: [{ index: 1, measurementSpecification: 1 }],
      deviceContext: { vendorId: 0x10de },
    });
  });

  test('that were read before the data ended are kept, and the title says so', () => {
    const data = variable('SecureBoot', bytesOf(1)).subarray(0, 30);
    const content = contentOf('EV_EFI_VARIABLE_DRIVER_CONFIG', data);
    expect(content.title).toMatch(/^damaged: 61dfe48b/);
    expect(content.fields).toEqual({ variableName: support.GUID, unicodeNameLength: 10n });
    expect(content.issues).toMatchObject([
      {
        code: 'layout.truncated',
        offset: PLACE.offset + 24,
        length: 6,
        path: `${PLACE.path}.variableDataLength`,
      },
    ]);
  });
});

describe('device paths', () => {
  const vendor = { vendorGuid: support.GUID, data: zeros(0) };
  const upper = support.GUID.toUpperCase();
  const guid = { guid: support.GUID };
  const range = { startingAddress: 16n, endingAddress: 255n };
  const address = {
    localAddress: bytesOf(10, 0, 0, 2),
    remoteAddress: zeros(4),
    localPort: 0,
    remotePort: 0,
  };
  const address6 = {
    localAddress: zeros(16),
    remoteAddress: zeros(16).fill(0xfe),
    localPort: 0,
    remotePort: 0,
  };
  const disk = {
    partitionNumber: 1,
    partitionStart: 63n,
    partitionSize: 9n,
    signature: concat(bytesOf(4, 3, 2, 1), zeros(12)),
  };
  const usbClass = { vendorId: 1, productId: 2, deviceClass: 3, deviceSubClass: 4, deviceProtocol: 5 };

  const NODES: readonly (readonly [type: number, subType: number, fields: unknown, text: string])[] = [
    [1, 1, { function: 2, device: 0x1f }, 'Pci(0x1f,0x2)'],
    [1, 3, { memoryType: 11, ...range }, 'MemoryMapped(0xb,0x10,0xff)'],
    [1, 4, vendor, `VenHw(${upper})`],
    [1, 4, { ...vendor, data: bytesOf(0xab) }, `VenHw(${upper},ab)`],
    [1, 5, { controllerNumber: 3 }, 'Ctrl(0x3)'],
    [2, 1, { hid: 0x0a0341d0, uid: 1 }, 'PciRoot(0x1)'],
    [2, 1, { hid: 0x0a0841d0, uid: 0 }, 'PcieRoot(0x0)'],
    [2, 1, { hid: 0x0c0241d0, uid: 0 }, 'Acpi(PNP0C02,0x0)'],
    [2, 1, { hid: 0x12345678, uid: 2 }, 'Acpi(0x12345678,0x2)'],
    [2, 2, { hid: 0x0a0341d0, uid: 1, cid: 0, strings: zeros(3) }, 'AcpiEx(PNP0A03,0x0,0x1)'],
    [2, 2, { hid: 0, uid: 1, cid: 0, strings: support.text('ACPI0016\0u\0c\0') }, 'AcpiEx(ACPI0016,c,u)'],
    [2, 3, { adr: 0x80010100, more: zeros(0) }, 'AcpiAdr(0x80010100)'],
    [3, 1, { primarySecondary: 0, slaveMaster: 1, lun: 2 }, 'Ata(Primary,Slave,0x2)'],
    [3, 2, { target: 1, lun: 2 }, 'Scsi(0x1,0x2)'],
    [3, 5, { parentPort: 1, interface: 2 }, 'USB(0x1,0x2)'],
    [3, 10, vendor, `VenMsg(${upper})`],
    [
      3,
      11,
      { address: concat(bytesOf(0x52, 0x54, 0, 0x12, 0x34, 0x56), zeros(26)), interfaceType: 1 },
      'MAC(525400123456,0x1)',
    ],
    [3, 12, { ...address, protocol: 17, static: 0, gateway: zeros(0) }, 'IPv4(0.0.0.0,UDP,DHCP,10.0.0.2)'],
    [
      3,
      12,
      { ...address, protocol: 6, static: 1, gateway: zeros(8).fill(255) },
      'IPv4(0.0.0.0,TCP,Static,10.0.0.2,255.255.255.255,255.255.255.255)',
    ],
    [
      3,
      13,
      { ...address6, protocol: 0, origin: 1, gateway: zeros(0) },
      `IPv6(${'fefe:'.repeat(7)}fefe,0x0,StatelessAutoConfigure,${'0000:'.repeat(7)}0000)`,
    ],
    [3, 15, usbClass, 'UsbClass(0x1,0x2,0x3,0x4,0x5)'],
    [3, 17, { lun: 1 }, 'Unit(0x1)'],
    [3, 18, { hbaPort: 1, portMultiplierPort: 0xffff, lun: 0 }, 'Sata(0x1,0xffff,0x0)'],
    [
      3,
      23,
      { namespaceId: 1, eui64: bytesOf(1, 2, 3, 4, 5, 6, 7, 0xab) },
      'NVMe(0x1,AB-07-06-05-04-03-02-01)',
    ],
    [3, 24, { uri: support.text('http://x/') }, 'Uri(http://x/)'],
    [3, 25, { target: 0, lun: 1 }, 'UFS(0x0,0x1)'],
    [3, 26, { slot: 1 }, 'SD(0x1)'],
    [3, 29, { slot: 2 }, 'eMMC(0x2)'],
    [4, 1, { ...disk, partitionFormat: 1, signatureType: 1 }, 'HD(1,MBR,0x01020304,0x3f,0x9)'],
    [4, 1, { ...disk, partitionFormat: 1, signatureType: 0 }, 'HD(1,0x1,0,0x3f,0x9)'],
    [4, 2, { bootEntry: 1, partitionStart: 2n, partitionSize: 3n }, 'CDROM(0x1,0x2,0x3)'],
    [4, 3, vendor, `VenMedia(${upper})`],
    [4, 4, { pathName: support.wide('\\a b') }, 'File(\\a b)'],
    [4, 5, guid, `Media(${upper})`],
    [4, 6, guid, `FvFile(${upper})`],
    [4, 7, guid, `Fv(${upper})`],
    [4, 8, { reserved: 0, ...range }, 'Offset(0x10,0xff)'],
    [4, 9, { ...range, diskType: support.GUID, instance: 1 }, `RamDisk(0x10,0xff,0x1,${upper})`],
    [5, 1, { deviceType: 2, statusFlag: 0, description: support.nul('disk') }, 'BBS(HD,disk,0x0)'],
    [5, 1, { deviceType: 0x80, statusFlag: 0, description: zeros(0) }, 'BBS(0x80,,0x0)'],
  ];

  test.each(NODES.map((one) => [one[3], one] as const))('%s', (expected, [type, subType, fields]) => {
    expect(pathOf(concat(typedNode(type, subType, fields), END)).nodes.map((one) => one.text)).toEqual([
      expected,
    ]);
  });

  test('every kind of node is among them', () => {
    const seen = new Set(NODES.map(([type, subType]) => (type << 8) | subType));
    expect(NODE_KINDS.filter((one) => !seen.has((one.type << 8) | one.subType))).toEqual([]);
  });

  test('nodes are joined by slashes, instances by commas, and files stand bare', () => {
    expect(pathOf(DISK_PATH).text).toBe(DISK_TEXT);
    expect(pathOf(concat(typedNode(3, 17, { lun: 1 }), node(0x7f, 1), file('\\f'), END)).text).toBe(
      'Unit(0x1),\\f',
    );
  });

  test('a node whose data is too short for its kind is written as bytes, and the path goes on', () => {
    const path = pathOf(concat(node(4, 1, bytesOf(1)), file('\\f'), END));
    expect(path.text).toBe('Path(4,1,01)/\\f');
  });
});

describe('titles', () => {
  test('control characters, overrides and halves of pairs never get through', () => {
    const hostile = 'a\x1b[31m\x00\r\n\x7f\x9b\u202e\u2066\ud800\ufeffz';
    expect(titleText(hostile)).toBe('a\\x1b[31m\\x00\\x0d\\x0a\\x7f\\x9b\\u202e\\u2066\\ud800\\ufeffz');
    const { title } = contentOf('EV_EFI_VARIABLE_DRIVER_CONFIG', variable('\x1b[2J\u202e', bytesOf(1)));
    expect(title).toBe('\\x1b[2J\\u202e = 01');
  });

  test('are cut with an ellipsis, never inside a surrogate pair', () => {
    expect(titleText('x'.repeat(100), 10)).toBe(`${'x'.repeat(9)}…`);
    expect(titleText('12345678😀0', 10)).toBe('12345678…');
    expect(titleText('1234567890', 10)).toBe('1234567890');
  });
});

describe('issues', () => {
  const badList = (size: number, header: number, signature: number): Uint8Array =>
    variable(
      'db',
      encode(EFI_SIGNATURE_LIST, {
        signatureType: support.GUID,
        signatureListSize: size,
        signatureHeaderSize: header,
        signatureSize: signature,
      }),
    );
  const emptyNodes = concat(...Array.from({ length: 1100 }, () => node(1, 1)));
  const damagedNodes = concat(...Array.from({ length: 60 }, () => node(4, 1, bytesOf(1))), END);
  const manyHashes = variable('dbx', support.hashes(4100));

  const CASES: readonly (readonly [
    code: string,
    type: string,
    data: Uint8Array,
    offset: number,
    length: number,
  ])[] = [
    ['event.trailing', 'EV_EFI_PLATFORM_FIRMWARE_BLOB', concat(bytesOf(0, 0, 0, 1), zeros(14)), 16, 2],
    ['event.signature', 'EV_EFI_GPT_EVENT', gpt('EFI-PART'), 0, 8],
    ['event.device-path-length', 'EV_EFI_BOOT_SERVICES_DRIVER', imageOf(bytesOf(1, 1, 3, 0, 9)), 36, 1],
    ['event.device-path-end', 'EV_EFI_BOOT_SERVICES_DRIVER', imageOf(file('a')), 40, 0],
    ['event.too-many', 'EV_EFI_BOOT_SERVICES_DRIVER', imageOf(emptyNodes), 32 + 4 * 1024, 4 * 76],
    ['event.too-many', 'EV_EFI_VARIABLE_DRIVER_CONFIG', manyHashes, 38 + 28 + 48 * 4096, 48 * 4],
    ['event.too-many', 'EV_EFI_VARIABLE_BOOT', variable('BootOrder', zeros(2050)), 50 + 2048, 2],
    ['event.more-issues', 'EV_EFI_BOOT_SERVICES_DRIVER', imageOf(damagedNodes), 32 + 5 * 50 + 4, 1],
    ['event.signature-list', 'EV_EFI_VARIABLE_DRIVER_CONFIG', badList(99, 0, 16), 36 + 28, 0],
    ['event.signature-list', 'EV_EFI_VARIABLE_DRIVER_CONFIG', badList(28, 1, 16), 36 + 28, 0],
    ['event.signature-list', 'EV_EFI_VARIABLE_DRIVER_CONFIG', badList(28, 0, 15), 36 + 28, 0],
    [
      'event.load-option',
      'EV_EFI_VARIABLE_BOOT',
      variable('Boot0000', concat(zeros(6), utf16Bytes('ab'))),
      48 + 6,
      4,
    ],
  ];

  test.each(CASES)('%s in %s', (code, type, data, offset, length) => {
    const { issues } = contentOf(type, data);
    const issue = issues.find((one) => one.code === code);
    expect(issue).toMatchObject({ offset: PLACE.offset + offset, length });
    expect(issue?.path.startsWith(PLACE.path)).toBe(true);
    expect(issues.every((one) => one.offset >= PLACE.offset)).toBe(true);
  });

  test('every code of the table is produced above', () => {
    expect([...new Set(CASES.map(([code]) => code))].sort()).toEqual([...EVENT_ISSUES.codes].sort());
  });
});
