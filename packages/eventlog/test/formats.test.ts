/** The formats beside the TCG's and the text log: recognised, decoded, checked, written again byte for byte. */
import { concat, portableDigests, unwrap, utf8Bytes, utf8Text, type AlgorithmName } from '@tsm/core';
import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import {
  celRecords,
  checkEvent,
  decodeLog,
  dstackEvent,
  dstackEvents,
  encodeAgileLog,
  encodeCelCbor,
  encodeCelJson,
  encodeCelTlv,
  encodeDstackLines,
  encodeDstackLog,
  encodeImaAscii,
  encodeImaBinary,
  encodeSystemdLog,
  encodeTrustAuthorityLog,
  imaEvents,
  isLog,
  LOG_FORMATS,
  replay,
  textAsCel,
  textAsTcg,
  trustAuthorityEvents,
  type CelIndexKind,
  type CelRecord,
  type EventLog,
  type ImaEvent,
} from '../src/index.ts';
import {
  AUTHORITY,
  CEL,
  celRecord,
  digestsOf,
  DSTACK,
  DSTACK_LINES,
  IMA,
  LOGS,
  ngData,
  SYSTEMD,
  templateData,
} from './support/formats.ts';
import { codes, digestOfText, event, extended, nodeDigests, OWN, words, zero } from './support/logs.ts';

const digests = nodeDigests;
const states = (log: EventLog): string[] => [...log].map((one) => checkEvent(one, digests).state);
const titles = (log: EventLog): string[] => [...log].map((one) => one.content().title);
const types = (log: EventLog): string[] => [...log].map((one) => one.typeName);
const valueOf = (log: EventLog, name: string, algorithm: AlgorithmName): string | undefined => {
  const found = replay(log, { digests }).registers.find(
    (one) => one.name === name && one.algorithm === algorithm,
  );
  return found && Buffer.from(found.value).toString('hex');
};
const json = (value: unknown): Uint8Array => utf8Bytes(JSON.stringify(value));

describe('each format', () => {
  it('has a log here', () => {
    const formats = Object.keys(LOGS).map((name) => name.replace(/,.*/, ''));
    expect(new Set([...formats, 'ccel', 'tcg2', 'tcg1', 'tsm-text'])).toEqual(new Set(LOG_FORMATS));
  });

  it.each(Object.entries(LOGS))('%s is recognised, in every wrapping', (name, bytes) => {
    const format = name.replace(/,.*/, '');
    const log = decodeLog(bytes);
    expect(log).toMatchObject({ format, issues: [], tail: { length: 0, kind: 'none' } });
    expect(decodeLog(bytes, { format: log.format }).count).toBe(log.count);
    const hex = Buffer.from(bytes).toString('hex');
    const inside = /json|ascii/.test(name)
      ? { log: utf8Text(bytes) }
      : { log: Buffer.from(bytes).toString('base64') };
    for (const wrapped of [bytes, utf8Bytes(hex), json(inside)]) {
      const found = unwrap(wrapped, (one) => isLog(one) || undefined);
      expect(found?.bytes).toEqual(bytes);
    }
  });

  it.each(Object.entries(LOGS))(
    '%s: no digest contradicts its data, and the portable set replays it',
    (_, bytes) => {
      const log = decodeLog(bytes);
      expect(states(log)).not.toContain('contradicts');
      expect(replay(log, { digests: portableDigests }).issues).toEqual([]);
      for (const one of log) expect(one.content()).toMatchObject({ issues: [] });
    },
  );

  it.each([OWN.ccel, OWN.tcg2, OWN.tcg1, OWN.rfc, OWN.aael, OWN['issue-495']])(
    'older formats are as before',
    (bytes) => {
      expect(codes(decodeLog(bytes))).not.toContain('log.unknown-format');
    },
  );
});

describe('what two formats could claim', () => {
  it('is told apart by content, and said where both fit', () => {
    const dstack = { imr: 0, event_type: 4, digest: '', event: '', event_payload: '' };
    const cel = { pcr: 1, digests: [], content_type: 'systemd', content: {} };
    expect(decodeLog(json([dstack])).format).toBe('dstack-json');
    expect(decodeLog(json([cel])).format).toBe('cel-json');
    const both = decodeLog(json([{ ...cel, ...dstack }]));
    expect(both.format).toBe('cel-json');
    expect(both.issues[0]?.message).toContain('reads as cel-json and as dstack-json');
    expect(codes(decodeLog(json([{ ...cel, ...dstack }]), { format: 'dstack-json' }))).not.toContain(
      'log.ambiguous',
    );
  });

  it.each(['[]', '[1]', '{}', '{"a":[]}', '\x1e', '[{"rtmr":1}]', '10 abcd ima x', '[{"imr":0}]'])(
    '%s is no log',
    (text) => {
      expect(isLog(utf8Bytes(text))).toBe(false);
    },
  );
});

describe('Canonical Event Log', () => {
  const writers = { 'cel-tlv': encodeCelTlv, 'cel-json': encodeCelJson, 'cel-cbor': encodeCelCbor } as const;
  it.each(Object.entries(writers))('%s gives its records back', (_, write) => {
    const log = decodeLog(write(CEL));
    expect(celRecords(log)).toEqual(CEL);
    expect(types(log)).toEqual([
      ...['cel_version', 'EV_ACTION', 'ima-ng', 'ima_tlv', 'phase', 'cos launch_separator', '42'],
    ]);
    expect(titles(log).slice(1, 6)).toEqual([
      ...['an action', '/usr/bin/env', '000000000141', 'phase a:b', 'end of the launch'],
    ]);
    expect([...log].map(({ measured }) => measured)).toEqual([false, ...Array<boolean>(6).fill(true)]);
    expect(states(log).slice(0, 6)).toEqual([
      ...['cannotTell', 'matches', 'matches', 'cannotTell', 'matches', 'matches'],
    ]);
    expect(valueOf(log, 'pcr4', 'sha384')).toBe(extended('sha384', zero(), digestOfText('an action')));
    expect(valueOf(log, 'nv0x1d10200', 'sha384')).toBe(extended('sha384', zero(), digestOfText('a:b')));
  });

  it('shows the bytes of the event data in the log', () => {
    for (const name of ['cel-tlv', 'cel-cbor'] as const) {
      const log = decodeLog(LOGS[name]);
      const {
        data,
        dataOffset,
        digests: [digest],
      } = log.event(1);
      expect(log.bytes.subarray(dataOffset, dataOffset + data.length)).toEqual(utf8Bytes('an action'));
      expect(log.bytes.subarray(digest!.offset, digest!.offset + 32)).toEqual(digest!.digest);
    }
    expect(decodeLog(LOGS['cel-json']).event(1).dataOffset).toBe(-1);
  });

  it('starts PCR 0 from the locality, and a violation extends all ones', () => {
    const locality = { type: 3, data: concat(utf8Bytes('StartupLocality\0'), Uint8Array.of(3)) };
    const violation = { ...CEL[2]!, recnum: 2, digests: [{ tcgId: 11, digest: new Uint8Array(32) }] };
    const records = [
      celRecord(0, { kind: 'pcr', value: 0 }, 'pcclient_std', locality),
      celRecord(
        1,
        { kind: 'pcr', value: 0 },
        'pcclient_std',
        { type: 5, data: utf8Bytes('x') },
        utf8Bytes('x'),
      ),
      violation,
    ];
    const log = decodeLog(encodeCelTlv(records));
    const start = new Uint8Array(32).fill(3, 31);
    expect(valueOf(log, 'pcr0', 'sha256')).toBe(extended('sha256', start, digestOfText('x', 'sha256')));
    expect(valueOf(log, 'pcr10', 'sha256')).toBe(
      extended('sha256', zero('sha256'), new Uint8Array(32).fill(0xff)),
    );
    expect(titles(log)[2]).toBe('violation: /usr/bin/env');
  });

  it('finds a changed content', () => {
    const cos = celRecord(0, { kind: 'ccmr', value: 4 }, 'cos', { type: 4, data: utf8Bytes('--good') });
    const log = decodeLog(encodeCelTlv([{ ...cos, content: { type: 4, data: utf8Bytes('--evil') } }]));
    expect(states(log)).toEqual(['contradicts']);
    expect(replay(log).registers.find(({ name }) => name === 'rtmr3')?.extends).toBe(1);
  });

  it('reads what other writers of JSON do', () => {
    const records = [
      {
        recnum: 1,
        pcr: 7,
        digests: [{ hashAlg: 11, digest: 'AB'.repeat(32) }],
        content_type: 5,
        content: { event_type: 5, event_data: '' },
      },
      {
        recnum: 2,
        rtmr: 2,
        digests: [{ hashAlg: 'sha-384', digest: '00'.repeat(48) }],
        content_type: 'cel',
        content: [{ type: 'firmware_end', data: '' }],
      },
      { recnum: 3, pcr: 7, digests: [], content_type: 'vendor', content: { any: ['thing'] } },
    ];
    const log = decodeLog(utf8Bytes(JSON.stringify(records, undefined, 2)));
    expect(codes(log)).toEqual(['cel.mixed-index']);
    expect(types(log)).toEqual(['EV_ACTION', 'firmware_end', 'vendor']);
    expect(log.event(2).content().fields).toMatchObject({ any: ['thing'] });
  });

  const bytes = (max: number): fc.Arbitrary<Uint8Array> => fc.uint8Array({ maxLength: max });
  const indexes: Record<CelIndexKind, number> = { pcr: 23, ccmr: 4, nv_index: 0x20ff_ffff };
  const index = fc
    .constantFrom(...(['pcr', 'ccmr', 'nv_index'] as const))
    .chain((kind) => fc.integer({ min: 0, max: indexes[kind] }).map((value) => ({ kind, value })));
  const content = fc.oneof(
    fc.record({
      contentType: fc.constantFrom('cel', 'cos'),
      content: fc.record({ type: fc.nat(255), data: bytes(40) }),
    }),
    fc.record({
      contentType: fc.constant('pcclient_std'),
      content: fc.record({ type: fc.nat(0xffff_ffff), data: bytes(40) }),
    }),
    fc.record({
      contentType: fc.constant('ima_template'),
      content: fc.record({ name: fc.string({ unit: 'grapheme', maxLength: 9 }), data: bytes(40) }),
    }),
    fc.record({
      contentType: fc.constantFrom('ima_tlv', '11', '255'),
      content: fc.record({ data: bytes(40) }),
    }),
    fc.record({
      contentType: fc.constant('systemd'),
      content: fc.record({
        data: fc.dictionary(fc.string(), fc.string()).map((one) => utf8Bytes(JSON.stringify(one))),
      }),
    }),
  );
  const record: fc.Arbitrary<CelRecord> = fc
    .tuple(index, content, bytes(64), fc.nat(Number.MAX_SAFE_INTEGER))
    .map(([at, what, data, recnum]) => ({
      recnum,
      index: at,
      digests: digestsOf(data, 'sha1', 'sm3', 'sha384'),
      ...what,
    }));

  it.each(Object.entries(writers))('%s: any records survive the round trip', (_, write) => {
    fc.assert(
      fc.property(fc.array(record, { minLength: 1, maxLength: 4 }), (records) => {
        const log = decodeLog(write(records));
        const found = celRecords(log);
        expect(found).toEqual(records);
        expect(write(found)).toEqual(log.bytes);
      }),
    );
  });
});

describe('systemd', () => {
  it('gives its records back, and what is a word matches', () => {
    const log = decodeLog(LOGS['systemd-json']);
    expect(celRecords(log)).toEqual(SYSTEMD);
    expect(states(log)).toEqual(['matches', 'matches', 'cannotTell']);
    expect(titles(log)[0]).toBe('phase enter-initrd');
    expect(encodeSystemdLog(celRecords(log))).toEqual(log.bytes);
    expect(log.bytes[0]).toBe(0x1e);
  });

  it('leaves out records with NUL bytes, and reads the draft for RTMRs', () => {
    const record = { ...SYSTEMD[0]!, index: { kind: 'ccmr', value: 3 } as const };
    const bytes = encodeSystemdLog([record]);
    expect(utf8Text(bytes)).toContain('"rtmr":2');
    const log = decodeLog(concat(bytes, utf8Bytes('\x1e\0\0{}\n'), bytes));
    expect([codes(log), log.count, log.numbering]).toEqual([['systemd.nul-record'], 2, 'ccMr']);
    expect(valueOf(log, 'rtmr2', 'sha384')).toHaveLength(96);
  });
});

describe('IMA', () => {
  it.each(['ima-ascii', 'ima-binary'] as const)('%s gives its entries back, of every template', (name) => {
    const log = decodeLog(LOGS[name]);
    expect(imaEvents(log)).toEqual(IMA);
    expect(states(log)).toEqual(IMA.map(() => 'matches'));
    expect(titles(log).slice(0, 3)).toEqual(['boot_aggregate', '/bin/true', '/a name with blanks']);
    const write = name === 'ima-ascii' ? encodeImaAscii : encodeImaBinary;
    expect(write(imaEvents(log))).toEqual(log.bytes);
  });

  const data = ngData('/x', digestOfText('x', 'sha256'));
  const entry = (size: AlgorithmName, register = 10): ImaEvent => ({
    ...{ register, template: 'ima-ng', hash: digests.digest(size, data), data },
  });

  it('replays other banks by either rule', () => {
    const bytes = encodeImaAscii([entry('sha1')]);
    const start = zero('sha256');
    const plain = decodeLog(bytes, { algorithm: 'sha256' });
    expect(plain.algorithms).toEqual(['sha1', 'sha256']);
    expect(valueOf(plain, 'pcr10', 'sha256')).toBe(extended('sha256', start, digests.digest('sha256', data)));
    const padded = decodeLog(bytes, { algorithm: 'sha256', ima: { rule: 'sha1-padded' } });
    const zeros = concat(digests.digest('sha1', data), new Uint8Array(12));
    expect(valueOf(padded, 'pcr10', 'sha256')).toBe(extended('sha256', start, zeros));
  });

  it.each(['sha1', 'sha256', 'sha384'] as const)(
    'reads lists of %s hashes, in both byte orders',
    (algorithm) => {
      const ascii = decodeLog(encodeImaAscii([entry(algorithm)]));
      expect([ascii.algorithms, states(ascii)]).toEqual([[algorithm], ['matches']]);
      for (const little of [true, false]) {
        const log = decodeLog(encodeImaBinary([entry(algorithm)], { little }));
        expect([log.format, log.algorithms, states(log), log.event(0).register]).toEqual([
          'ima-binary',
          [algorithm],
          ['matches'],
          10,
        ]);
      }
    },
  );

  it('numbers RTMRs where a list does', () => {
    const bytes = encodeImaAscii([entry('sha384', 2)]);
    expect(utf8Text(bytes)).toMatch(/^ 2 /);
    const log = decodeLog(bytes);
    expect(valueOf(log, 'rtmr2', 'sha384')).toBe(extended('sha384', zero(), digests.digest('sha384', data)));
    expect(decodeLog(bytes, { ima: { numbering: 'pcr' } }).event(0).register).toBe(2);
    const mapped = decodeLog(encodeImaBinary([entry('sha384')]), { ima: { numbering: 'rtmr' } });
    expect(mapped.event(0).register).toBe(3);
  });

  it('extends all ones for a violation, and keeps unknown templates', () => {
    const lines = `10 ${'0'.repeat(40)} ima-ng sha1:${'0'.repeat(40)} /var/log/x\n10 ${'1'.repeat(40)} ima-cgpath a b c\n`;
    const log = decodeLog(utf8Bytes(lines));
    expect(codes(log)).toEqual(['ima.violation', 'ima.template']);
    expect(titles(log)).toEqual(['violation: /var/log/x', 'a b c']);
    const ones = new Uint8Array(20).fill(0xff);
    expect(valueOf(log, 'pcr10', 'sha1')).toBe(
      extended('sha1', zero('sha1'), ones, new Uint8Array(20).fill(0x11)),
    );
    expect(encodeImaAscii(imaEvents(log))).toEqual(log.bytes);
    expect(codes(decodeLog(utf8Bytes(lines), { algorithm: 'sha256' }))).toContain('ima.hash-missing');
  });

  it('takes a blank and hex at the end of a name for a name where the hash says so', () => {
    const named = templateData(
      concat(utf8Bytes('sha1:\0'), digestOfText('x', 'sha1')),
      utf8Bytes('/a 0302\0'),
      new Uint8Array(0),
    );
    const hash = Buffer.from(digests.digest('sha1', named)).toString('hex');
    const file = Buffer.from(digestOfText('x', 'sha1')).toString('hex');
    const log = decodeLog(utf8Bytes(`10 ${hash} ima-sig sha1:${file} /a 0302\n`), { algorithm: 'sha256' });
    expect(states(log)).toEqual(['matches']);
    expect(valueOf(log, 'pcr10', 'sha256')).toBe(
      extended('sha256', zero('sha256'), digests.digest('sha256', named)),
    );
  });

  it('any entries survive the round trip', () => {
    const hex = fc.uint8Array({ minLength: 20, maxLength: 20 });
    const path = fc.stringMatching(/^[!-~]{1,20}$/);
    const one = fc.tuple(hex, path, fc.boolean()).map(([digest, name, sig]) => {
      const file = concat(utf8Bytes('sha1:\0'), digest);
      const fields = [file, utf8Bytes(`${name}\0`), ...(sig ? [Uint8Array.of(3, ...digest)] : [])];
      return {
        register: 10,
        template: sig ? 'ima-sig' : 'ima-ng',
        hash: digest,
        data: templateData(...fields),
      };
    });
    fc.assert(
      fc.property(fc.array(one, { minLength: 1, maxLength: 4 }), (events) => {
        expect(imaEvents(decodeLog(encodeImaAscii(events)))).toEqual(events);
        expect(imaEvents(decodeLog(encodeImaBinary(events)))).toEqual(events);
      }),
    );
  });
});

describe('dstack', () => {
  it('gives its events back, with digests computed where they are not stored', () => {
    const log = decodeLog(LOGS['dstack-json']);
    expect(dstackEvents(log)).toEqual(DSTACK);
    expect(encodeDstackLog(dstackEvents(log))).toEqual(log.bytes);
    expect(states(log)).toEqual(['matches', 'cannotTell', 'matches', 'matches']);
    expect(utf8Text(log.event(3).data)).toBe(
      '{"name":"key-provider","payload":"7b226e616d65223a226b6d73227d","type":134217729}',
    );
    const stripped = encodeDstackLog(DSTACK.slice(2).map((one) => ({ ...one, digest: new Uint8Array(0) })));
    expect(valueOf(decodeLog(stripped), 'rtmr3', 'sha384')).toBe(valueOf(log, 'rtmr3', 'sha384'));
  });

  it('reads the lines of the guest', () => {
    const log = decodeLog(LOGS['dstack-json, lines']);
    expect(dstackEvents(log)).toEqual(DSTACK_LINES);
    expect(encodeDstackLines(dstackEvents(log))).toEqual(log.bytes);
    const [first, second] = [
      dstackEvent('system-preparing', new Uint8Array(0), digests),
      dstackEvent('app-id', Uint8Array.of(1, 2, 3), digests, 2),
    ];
    expect(valueOf(log, 'rtmr3', 'sha384')).toBe(extended('sha384', zero(), first.digest!, second.digest!));
    expect(() => encodeDstackLines(DSTACK)).toThrow(RangeError);
  });

  it('finds a changed payload, a preimage of another event, and a name in another register', () => {
    const event = { ...DSTACK[2]!, payload: Uint8Array.of(9) };
    expect(states(decodeLog(encodeDstackLog([event])))).toEqual(['contradicts']);
    const other = { ...DSTACK[3]!, preimage: DSTACK[2]!.payload };
    expect(codes(decodeLog(encodeDstackLog([other])))).toEqual(['dstack.preimage']);
    expect(codes(decodeLog(encodeDstackLog([{ ...DSTACK[2]!, imr: 2 }])))).toEqual(['dstack.runtime-imr']);
  });

  it('any events survive the round trip', () => {
    const one = fc.tuple(
      fc.string(),
      fc.uint8Array({ maxLength: 30 }),
      fc.constantFrom(1 as const, 2 as const),
    );
    fc.assert(
      fc.property(fc.array(one, { minLength: 1, maxLength: 4 }), (events) => {
        const list = events.map(([name, payload, version]) => dstackEvent(name, payload, digests, version));
        const log = decodeLog(encodeDstackLog(list));
        expect(dstackEvents(log)).toEqual(list);
        expect(states(log)).toEqual(list.map(() => 'matches'));
      }),
    );
  });
});

describe('Intel Trust Authority', () => {
  it('gives its events back', () => {
    const log = decodeLog(LOGS['trust-authority-json']);
    expect(trustAuthorityEvents(log)).toEqual(AUTHORITY);
    expect(encodeTrustAuthorityLog(trustAuthorityEvents(log))).toEqual(log.bytes);
    expect([...log].map(({ register, typeName }) => [register, typeName])).toEqual([
      [1, 'EV_SEPARATOR'],
      [1, 'EV_EFI_VARIABLE_DRIVER_CONFIG'],
      [3, 'EV_ACTION'],
    ]);
    expect(titles(log)[1]).toBe('SecureBoot');
    expect(valueOf(log, 'rtmr2', 'sha384')).toBe(extended('sha384', zero(), digestOfText('kernel')));
  });

  it('reads types as text', () => {
    const events = [{ type_id: '0x80000001', measurement: '00'.repeat(48) }];
    const log = decodeLog(json([{ rtmr: { index: 0, bank: 'SHA384' }, rtmr_events: events }]));
    expect(types(log)).toEqual(['EV_EFI_VARIABLE_DRIVER_CONFIG']);
  });
});

describe('lines of a text log in other formats', () => {
  const log = decodeLog(OWN.rfc);
  const banks = ['sha384'] as const;

  it('as EV_ACTION', () => {
    const events = [...log].map((one) => textAsTcg(one, 4, banks, digests));
    expect(events.filter((one) => one === undefined)).toHaveLength(1);
    const wrapped = decodeLog(
      encodeAgileLog(
        banks,
        events.filter((one) => one !== undefined),
        { headerRegister: 1 },
      ),
    );
    expect(titles(wrapped).slice(2, 4)).toEqual(['A', 'B']);
    expect(states(wrapped).slice(1)).toEqual(
      wrapped.count > 1 ? Array<string>(wrapped.count - 1).fill('matches') : [],
    );
  });

  it('as CEL in JSON', () => {
    const index = { kind: 'ccmr', value: 4 } as const;
    const records = [...log].flatMap((one) => textAsCel(one, index, banks, digests) ?? []);
    const wrapped = decodeLog(encodeCelJson(records));
    expect(codes(wrapped)).toEqual([]);
    expect(celRecords(wrapped)).toEqual(records);
    expect(titles(wrapped).slice(1, 3)).toEqual(['A', 'B']);
    expect(states(wrapped)).toEqual(records.map(() => 'matches'));
    expect(() => encodeCelTlv(records)).toThrow(/only JSON/);
    expect(() => encodeCelCbor(records)).toThrow(/only JSON/);
  });
});

describe('the file of the attestation agent', () => {
  it('reads without the header of the CCEL that it is appended to', () => {
    const data = concat(words(0x4141454c, 5), utf8Bytes('a b c'));
    const whole = encodeAgileLog(['sha384'], [event(4, 6, data, ['sha384']), event(4, 6, data, ['sha384'])]);
    const log = decodeLog(whole.subarray(decodeLog(whole).event(1).offset));
    expect([log.format, log.count, log.issues]).toEqual(['ccel', 2, []]);
    expect(valueOf(log, 'rtmr3', 'sha384')).toBe(
      valueOf(decodeLog(whole, { format: 'ccel' }), 'rtmr3', 'sha384'),
    );
    expect(titles(log)[0]).toBe('AAEL a b c');
  });
});
