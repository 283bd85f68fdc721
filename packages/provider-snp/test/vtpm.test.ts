/** A guest with a vTPM: its PCRs, the quote that its report binds, each way to break that, and logs against the PCRs. */
import { createHash, createPublicKey, verify as nodeVerify } from 'node:crypto';
import { concat, firstFailure, toHex, utf8Bytes, utf8Text, type Verdict } from '@tsm/core';
import { providerChecks, seededRandom } from '@tsm/core/testing';
import { createVerifyCache } from '@tsm/evidence';
import { compare, decodeLog, encodeAgileLog, EVENT_TYPES, type TcgEvent } from '@tsm/eventlog';
import { openMachine } from '@tsm/machine';
import { describe, expect, test } from 'vitest';
import snp, { createSnp, decodeEvidence } from '../src/index.ts';
import { launch, tools } from './support/guests.ts';

const TORTURE = process.env['TSM_TORTURE'] === '1';
const provider = createSnp({ product: 'Genoa', vtpm: true });
const nonce = Uint8Array.from({ length: 32 }, (_, i) => 7 * i);
const sha256 = (...parts: readonly Uint8Array[]) =>
  new Uint8Array(
    createHash('sha256')
      .update(concat(...parts))
      .digest(),
  );
const digestOf = (text: string) => sha256(utf8Bytes(text));
const summary = ({ verdict, checks }: Verdict) => [verdict, firstFailure(checks)?.id];

interface AzureJson {
  quote: { message: number[]; signature: number[]; pcrs: number[][] };
  report: number[];
  vcek: string;
}

const model = provider.model(launch, tools);
model.extend('pcr0', digestOf('firmware'));
const { files, trustAnchors } = model.collateral();
const { outblob, auxblob } = model.report({ inblob: nonce });
const options = {
  ...{ now: launch.now, trustAnchors, reportData: nonce },
  collateral: [files['cert_chain.pem']!, files['crl.der']!],
};
const edited = (edit: (evidence: AzureJson) => void, from = outblob): Uint8Array => {
  const evidence = JSON.parse(utf8Text(from)) as AzureJson;
  edit(evidence);
  return utf8Bytes(JSON.stringify(evidence));
};

describe('the contract', () => {
  for (const { name, run } of providerChecks(provider)) test(name, run);
});

describe('vTPM', () => {
  test('PCRs start at zero, those of a dynamic launch at all ones', () => {
    const fresh = provider.model(launch, tools);
    const starts = Array.from({ length: 24 }, (_, i) => toHex(fresh.read(`pcr${i}`)));
    expect(starts).toEqual(starts.map((_, i) => (i >= 17 && i <= 22 ? 'ff' : '00').repeat(32)));
    expect(() => fresh.read('pcr24')).toThrow('no pcr24');
  });

  test('an extend hashes the old value and the digest, which has the size of the bank', () => {
    const fresh = provider.model(launch, tools);
    const digest = digestOf('event');
    fresh.extend('pcr8', digest);
    fresh.extend('pcr8', digest);
    const once = sha256(new Uint8Array(32), digest);
    expect(toHex(fresh.read('pcr8'))).toBe(toHex(sha256(once, digest)));
    for (const size of [0, 20, 31, 33, 48])
      expect(() => fresh.extend('pcr8', new Uint8Array(size))).toThrow('TPM_RC_SIZE');
    expect(() => fresh.extend('pcr17', digest)).toThrow('TPM_RC_LOCALITY');
    expect(() => fresh.extend('measurement', new Uint8Array(48))).toThrow('cannot be extended');
  });

  test('a nonce has 1 to 64 bytes, and there are no levels to choose from', () => {
    for (const size of [0, 65])
      expect(() => model.report({ inblob: new Uint8Array(size) })).toThrow('expected 1 to 64 bytes');
    expect(() => model.report({ inblob: nonce, privlevel: 1 })).toThrow('privlevel');
    expect(() => createSnp({ vtpm: true, vmpl: 2 })).toThrow('vmpl');
  });

  test('the same launch and extends give the same evidence; another seed another machine', () => {
    const again = provider.model(launch, tools);
    again.extend('pcr0', digestOf('firmware'));
    expect(toHex(again.report({ inblob: nonce }).outblob)).toBe(toHex(outblob));
    const other = provider.model({ ...launch, seed: new Uint8Array(32) }, tools);
    other.extend('pcr0', digestOf('firmware'));
    expect(toHex(other.report({ inblob: nonce }).outblob)).not.toBe(toHex(outblob));
  });
});

describe('evidence', () => {
  test('is the JSON of an Azure VM; registers are those of the report and the PCRs, where they stand', () => {
    expect(snp.evidence.recognise(outblob)).toBe(true);
    expect(auxblob).toBeUndefined();
    const indented = utf8Bytes(JSON.stringify(JSON.parse(utf8Text(outblob)), null, 2));
    for (const bytes of [outblob, indented]) {
      const { registers, claims, reportData, issues, format } = decodeEvidence(bytes);
      expect([format, issues]).toEqual(['azure-json', []]);
      expect(registers.map(({ name }) => name)).toEqual(provider.registers.map(({ name }) => name));
      expect(toHex(reportData)).toBe(toHex(nonce));
      for (const { name, value, offset } of registers) {
        expect(toHex(value), name).toBe(toHex(model.read(name)));
        const numbers = utf8Text(bytes.subarray(offset)).split(/\]|,/, value.length).map(Number);
        expect(toHex(Uint8Array.from(numbers)), `${name} at ${offset}`).toBe(toHex(value));
      }
      expect(claims).toMatchObject({ debug: false, vmpl: 0, 'vtpm.pcr0': model.read('pcr0') });
    }
  });

  test('offsets hold for bytes as text, and where a member stands twice', () => {
    const hex = (bytes: number[]) => Buffer.from(bytes).toString('hex');
    const { report, quote } = JSON.parse(utf8Text(outblob)) as AzureJson;
    const { message, signature, pcrs } = quote;
    const later = {
      hcl_report: Buffer.from(report).toString('base64'),
      tpm_quote: { message: hex(message), signature: hex(signature), pcrs: pcrs.map(hex) },
    };
    const text = `\ufeff {"note": "\\"[é", "hcl_report": [1], ${JSON.stringify(later).slice(1)}`;
    const bytes = utf8Bytes(text);
    const { registers } = decodeEvidence(bytes);
    expect(registers).toHaveLength(28);
    for (const { name, value, offset } of registers) {
      const at = utf8Text(bytes.subarray(offset));
      if (name.startsWith('pcr')) expect(at.slice(0, 64), name).toBe(toHex(value));
      else expect(at[0], name).toBe(later.hcl_report[Math.floor((4 * (32 + OFFSETS[name]!)) / 3)]);
    }
  });

  test('node:crypto accepts the quote under the key of the runtime data, and the report binds them', () => {
    const { quote, report } = JSON.parse(utf8Text(outblob)) as AzureJson;
    const runtime = Uint8Array.from(report).subarray(32 + 1184);
    const size = new DataView(runtime.buffer, runtime.byteOffset).getUint32(16, true);
    const claims = runtime.slice(20, 20 + size);
    expect(report.slice(32 + 0x50, 32 + 0x70)).toEqual([...sha256(claims)]);
    const { keys } = JSON.parse(utf8Text(claims)) as { keys: { kid: string; kty: string }[] };
    const key = createPublicKey({ key: keys.find(({ kid }) => kid === 'HCLAkPub')!, format: 'jwk' });
    expect(key.asymmetricKeyDetails).toMatchObject({ modulusLength: 2048, publicExponent: 65537n });
    expect(nodeVerify('sha256', Uint8Array.from(quote.message), key, Uint8Array.from(quote.signature))).toBe(
      true,
    );
    expect(quote.message.slice(-32)).toEqual([...sha256(...quote.pcrs.map((pcr) => Uint8Array.from(pcr)))]);
  });
});

const OFFSETS: Readonly<Record<string, number>> = {
  ...{ measurement: 0x90, host_data: 0xc0, id_key_digest: 0xe0, author_key_digest: 0x110 },
};

describe('verification', () => {
  test('passes under the test root only, and says whom it was made for', async () => {
    expect(summary(await provider.verify(outblob, options))).toEqual(['pass', undefined]);
    const { now, collateral, reportData } = options;
    const amd = await snp.verify(outblob, { now, collateral, reportData });
    expect(amd.verdict).not.toBe('pass');
    const other = await snp.verify(outblob, { ...options, reportData: nonce.slice().reverse() });
    expect(summary(other)).toEqual(['fail', 'report.data']);
  });

  test('a VLEK is not in the evidence, and comes as collateral', async () => {
    const guest = createSnp({ vtpm: true, signingKey: 'vlek' }).model(launch, tools);
    const made = guest.report({ inblob: nonce });
    const own = guest.collateral();
    const collateral = Object.values(own.files);
    const verified = await snp.verify(made.outblob, { ...options, ...own, collateral });
    expect(summary(verified)).toEqual(['pass', undefined]);
    expect(utf8Text(made.outblob)).not.toContain('vcek');
  });

  const text = (evidence: AzureJson, edit: (claims: string) => string) => {
    const claims = utf8Bytes(edit(utf8Text(Uint8Array.from(evidence.report.slice(32 + 1184 + 20)))));
    evidence.report.splice(32 + 1184 + 20, claims.length, ...claims);
  };
  const replayed = provider.model(launch, tools).report({ inblob: nonce.slice().reverse() }).outblob;

  test.each<[string, (evidence: AzureJson) => void, string]>([
    ['a PCR', ({ quote }) => (quote.pcrs[0]![5]! ^= 1), 'azure.pcrs'],
    ['two PCRs in each other\u2019s place', ({ quote }) => quote.pcrs.reverse(), 'azure.pcrs'],
    ['the digest in the quote', ({ quote }) => (quote.message[144]! ^= 1), 'azure.quote.signature'],
    ['the nonce in the quote', ({ quote }) => (quote.message[44]! ^= 1), 'azure.quote.signature'],
    ['the signature of the quote', ({ quote }) => (quote.signature[255]! ^= 1), 'azure.quote.signature'],
    [
      'the attestation key',
      (one) => text(one, (claims) => claims.replace(/"n":"./, '"n":"_')),
      'azure.runtime-data',
    ],
    [
      'the runtime data',
      (one) => text(one, (claims) => claims.replace('true', 'null')),
      'azure.runtime-data',
    ],
    ['the report', ({ report }) => (report[32 + 0x90]! ^= 1), 'report.signature'],
    [
      'the quote, replaced by an older one of the same vTPM',
      (one) => (one.quote = (JSON.parse(utf8Text(replayed)) as AzureJson).quote),
      'report.data',
    ],
  ])('%s cannot be changed', async (_, edit, id) => {
    expect(summary(await snp.verify(edited(edit), options))).toEqual(['fail', id]);
  });

  test(
    'no bit of the quote, its signature and the PCRs can change',
    async () => {
      const random = seededRandom(9);
      const warm = { ...options, cache: createVerifyCache() };
      const sizes = { message: 145, signature: 256, pcrs: 24 * 32 };
      const { quote: whole } = JSON.parse(utf8Text(outblob)) as AzureJson;
      expect([whole.message.length, whole.signature.length]).toEqual([sizes.message, sizes.signature]);
      const survivors: string[] = [];
      let count = 0;
      for (const part of ['message', 'signature', 'pcrs'] as const) {
        // The digest of the PCRs is one value: a few of their bytes say as much as all.
        const step = part === 'pcrs' && !TORTURE ? 11 : 1;
        for (let at = 0; at < sizes[part]; at += step) {
          for (const bit of TORTURE ? [0, 1, 2, 3, 4, 5, 6, 7] : [random(8)]) {
            const flipped = edited(({ quote }) => {
              if (part === 'pcrs') quote.pcrs[at >> 5]![at & 31]! ^= 1 << bit;
              else quote[part][at]! ^= 1 << bit;
            });
            count++;
            const { verdict } = await snp.verify(flipped, warm);
            if (verdict !== 'fail') survivors.push(`${part} ${at}.${bit}`);
          }
        }
      }
      console.log(`${count} single-bit flips of a quote and its PCRs, ${count - survivors.length} refused`);
      expect(survivors).toEqual([]);
    },
    TORTURE ? 600_000 : 30_000,
  );
});

describe('logs', () => {
  /** What a firmware, a boot loader and a kernel measure: [PCR, type, what]. */
  const BOOT: readonly (readonly [pcr: number, type: string, measured: string])[] = [
    [0, 'EV_S_CRTM_VERSION', 'version 1'],
    [0, 'EV_EFI_PLATFORM_FIRMWARE_BLOB', 'firmware volume'],
    [7, 'EV_EFI_VARIABLE_DRIVER_CONFIG', 'SecureBoot'],
    [1, 'EV_EFI_VARIABLE_BOOT', 'BootOrder'],
    ...[0, 1, 7].map((pcr) => [pcr, 'EV_SEPARATOR', '\0\0\0\0'] as const),
    [4, 'EV_EFI_BOOT_SERVICES_APPLICATION', 'shim'],
    [14, 'EV_IPL', 'MokList'],
    [4, 'EV_EFI_BOOT_SERVICES_APPLICATION', 'grub'],
    [8, 'EV_IPL', 'linux /vmlinuz'],
    [9, 'EV_IPL', 'vmlinuz'],
    [9, 'EV_IPL', 'initrd'],
  ];
  const logged = (boot: typeof BOOT): TcgEvent[] =>
    boot.map(([register, name, measured]) => ({
      ...{ register, type: EVENT_TYPES.find((one) => one.name === name)!.value, data: utf8Bytes(measured) },
      digests: { sha256: digestOf(measured) },
    }));
  const decoded = (events: readonly TcgEvent[]) => decodeLog(encodeAgileLog(['sha256'], events));

  const guest = provider.model(launch, tools);
  for (const [pcr, , measured] of BOOT) guest.extend(`pcr${pcr}`, digestOf(measured));
  const evidence = guest.report({ inblob: nonce }).outblob;
  const pcrs = decodeEvidence(evidence).registers.filter(({ name }) => name.startsWith('pcr'));
  const status = (events: readonly TcgEvent[]) => {
    const { registers } = compare(decoded(events), pcrs, { digests: tools.digests });
    return new Map(registers.map((one) => [one.name, one.status]));
  };

  test('the log of a boot explains every PCR that it extends', async () => {
    expect((await snp.verify(evidence, options)).verdict).toBe('pass');
    const log = decoded(logged(BOOT));
    expect(log.issues).toEqual([]);
    const { registers, notInLog } = compare(log, pcrs, { digests: tools.digests });
    const measured = new Set(BOOT.map(([pcr]) => `pcr${pcr}`));
    expect(new Set(registers.filter((one) => one.extends > 0).map(({ name }) => name))).toEqual(measured);
    expect(registers.every(({ match }) => match)).toBe(true);
    expect(registers.length + notInLog.length).toBe(24);
  });

  test('an event that differs, is left out or moves, shows in its PCR and in no other', () => {
    for (const [i, [pcr, type]] of BOOT.entries()) {
      const changed = logged(BOOT.with(i, [pcr, type, 'something else']));
      const expected = [...status(logged(BOOT)).keys()].filter((name) => name === `pcr${pcr}`);
      const differing = [...status(changed)].filter(([, found]) => found !== 'match').map(([name]) => name);
      expect(differing, `event ${i}`).toEqual(expected);
    }
    const short = status(logged(BOOT.slice(0, -1)));
    expect([short.get('pcr9'), short.get('pcr4')]).toEqual(['differs', 'match']);
    const moved = status(logged([...BOOT.slice(0, -2), BOOT.at(-1)!, BOOT.at(-2)!]));
    expect([moved.get('pcr9'), moved.get('pcr8')]).toEqual(['differs', 'match']);
  });

  test('a machine appends to the text log of a PCR, and its evidence agrees', async () => {
    const created = { op: 'create', version: 1, id: 'vm', provider: 'snp', values: {}, boot: false } as const;
    const machine = openMachine(provider, [{ ...created, ...launch }]);
    await machine.append('pcr23', 'example.com/app start v1');
    await machine.append('pcr23', 'example.com/app ready');
    const { outblob: report } = await machine.report({ inblob: nonce });
    expect(summary(await snp.verify(report, options))).toEqual(['pass', undefined]);
    const { registers } = decodeEvidence(report);
    const log = decodeLog(await machine.eventLog('pcr23'));
    const against = (from: typeof registers) =>
      compare(
        log,
        from.filter(({ name }) => name === 'pcr23'),
        { digests: tools.digests, register: 'pcr23' },
      );
    expect(against(registers).registers.map(({ name, match }) => [name, match])).toEqual([['pcr23', true]]);
    expect(against(pcrs).registers[0]?.match).toBe(false);
    await expect(machine.append('pcr17', 'x')).rejects.toThrow('cannot be extended');
  });
});
