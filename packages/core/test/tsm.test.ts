/** The TSM core: registration, report items and their generations, as the kernel has them. */
import {
  createTsm,
  INBLOB_MAX,
  ReportItem,
  type MeasurementSource,
  type RegisterSpec,
  type ReportSource,
} from '@tsm/core';
import { describe, expect, it } from 'vitest';

function reportSource(
  produce: ReportSource['produce'] = ({ inblob }) => ({ outblob: inblob }),
): ReportSource {
  return {
    driver: { name: 'test_guest', inblob: { min: 1, max: 64 }, attributes: [], privlevelFloor: 1 },
    produce,
  };
}

function errno(action: () => unknown): string {
  try {
    action();
  } catch (error) {
    return String((error as { code?: unknown }).code);
  }
  return 'ok';
}

describe('report item', () => {
  const BLOB = new Uint8Array(64).fill(1);

  it('counts every accepted change, the same value again too, and never a read', () => {
    const item = new ReportItem('x', () => reportSource());
    expect(item.generation).toBe(0n);
    item.setInblob(BLOB);
    item.setInblob(BLOB);
    item.setPrivlevel(2);
    item.setServiceProvider('');
    item.setServiceManifestVersion(1);
    expect(item.generation).toBe(5n);
    item.read('outblob');
    item.read('auxblob');
    expect(item.generation).toBe(5n);
  });

  it('refused values do not count, except a bad GUID, which also clears it', () => {
    const seen: unknown[] = [];
    const item = new ReportItem('x', () =>
      reportSource((request) => {
        seen.push(request.serviceGuid);
        return { outblob: BLOB };
      }),
    );
    item.setInblob(BLOB);
    expect(errno(() => item.setPrivlevel(0))).toBe('EINVAL');
    expect(errno(() => item.setPrivlevel(4))).toBe('EINVAL');
    expect(errno(() => item.setInblob(new Uint8Array(INBLOB_MAX + 1)))).toBe('EFBIG');
    expect(item.generation).toBe(1n);
    item.setServiceGuid('c0b406a4-a803-4952-9743-3fb6014cd0ae\n');
    item.read('outblob');
    expect(errno(() => item.setServiceGuid('junk'))).toBe('EINVAL');
    expect(item.generation).toBe(3n);
    item.read('outblob');
    item.setServiceGuid('00000000-0000-0000-0000-000000000000');
    item.read('outblob');
    expect(seen).toEqual(['c0b406a4-a803-4952-9743-3fb6014cd0ae', undefined, undefined]);
  });

  it('produces a report once for each change, and serves all three blobs of it', () => {
    let produced = 0;
    const source = reportSource(() => ({ outblob: Uint8Array.of(++produced), auxblob: Uint8Array.of(9) }));
    const item = new ReportItem('x', () => source);
    item.setInblob(BLOB);
    expect([item.read('outblob')[0], item.read('auxblob')[0], item.read('manifestblob').length]).toEqual([
      1, 9, 0,
    ]);
    item.setPrivlevel(1);
    expect(item.read('auxblob')[0]).toBe(9);
    expect(item.read('outblob')[0]).toBe(2);
  });

  it('asks again after an error, and never serves the old blob for a changed request', () => {
    let broken = false;
    const item = new ReportItem('x', () =>
      reportSource(({ inblob }) => {
        if (broken) throw Object.assign(new Error('hardware'), { code: 'EIO' });
        return { outblob: inblob };
      }),
    );
    item.setInblob(Uint8Array.of(1));
    item.read('outblob');
    broken = true;
    item.setInblob(Uint8Array.of(2));
    expect(errno(() => item.read('outblob'))).toBe('EIO');
    expect(errno(() => item.read('outblob'))).toBe('EIO');
    broken = false;
    expect(item.read('outblob')).toEqual(Uint8Array.of(2));
  });

  it('refuses the change that would make a stale report look fresh (EBUSY)', () => {
    const last = (1n << 64n) - 1n;
    const item = new ReportItem('x', () => reportSource(), last);
    item.setPrivlevel(1);
    expect(item.generation).toBe(0n);
    expect(errno(() => nearWrap().setPrivlevel(1))).toBe('EBUSY');
  });

  it('without a provider: EINVAL before any inblob, ENXIO when stale, the cached report when fresh', () => {
    let source: ReportSource | undefined = reportSource();
    const item = new ReportItem('x', () => source);
    source = undefined;
    expect(errno(() => item.read('outblob'))).toBe('EINVAL');
    expect(errno(() => item.provider)).toBe('ENXIO');
    expect(errno(() => item.setPrivlevel(1))).toBe('ENXIO');
    source = reportSource();
    item.setInblob(BLOB);
    item.read('outblob');
    source = undefined;
    expect(item.read('outblob')).toEqual(BLOB);
    item.setInblob(BLOB);
    expect(item.generation).toBe(2n);
    expect(errno(() => item.read('outblob'))).toBe('ENXIO');
  });
});

/** An item whose write generation is one before the generation last read. */
function nearWrap(): ReportItem {
  const item = new ReportItem('w', () => reportSource(), 7n);
  Object.assign(item, { writeGeneration: 6n });
  return item;
}

describe('tsm', () => {
  const measurements = (name: string): MeasurementSource => ({
    name,
    registers: [],
    read: () => new Uint8Array(0),
    extend: () => undefined,
  });

  it('has many measurement providers and one report provider', () => {
    const tsm = createTsm();
    tsm.registerMeasurements(measurements('a'));
    const undo = tsm.registerMeasurements(measurements('b'));
    expect(errno(() => tsm.registerMeasurements(measurements('a')))).toBe('EBUSY');
    expect(tsm.measurements.map((one) => one.name)).toEqual(['a', 'b']);
    undo();
    undo();
    expect(tsm.measurements.map((one) => one.name)).toEqual(['a']);

    const unregister = tsm.registerReport(reportSource());
    expect(errno(() => tsm.registerReport(reportSource()))).toBe('EBUSY');
    unregister();
    expect(tsm.report).toBeUndefined();
    expect(errno(() => tsm.registerReport(reportSource()))).toBe('ok');
  });

  it('makes items only with a provider, once a name, and refuses a new provider while they exist', () => {
    const tsm = createTsm();
    expect(errno(() => tsm.createItem('x'))).toBe('ENXIO');
    const unregister = tsm.registerReport(reportSource());
    const item = tsm.createItem('x');
    expect(errno(() => tsm.createItem('x'))).toBe('EEXIST');
    unregister();
    expect(errno(() => tsm.registerReport(reportSource()))).toBe('EBUSY');
    expect(errno(() => item.provider)).toBe('ENXIO');
    tsm.removeItem('x');
    expect(errno(() => tsm.removeItem('x'))).toBe('ENOENT');
    expect(errno(() => tsm.registerReport(reportSource()))).toBe('ok');
    expect(tsm.items).toEqual([]);
  });

  it('takes a late provider where that is asked for, and unregisters only the one that is there', () => {
    const tsm = createTsm({ lateProvider: true });
    const source = reportSource();
    expect(errno(() => tsm.unregisterReport(source))).toBe('EBUSY');
    tsm.registerReport(source);
    tsm.createItem('x');
    expect(errno(() => tsm.unregisterReport(reportSource()))).toBe('EBUSY');
    tsm.unregisterReport(source);
    expect(errno(() => tsm.registerReport(reportSource()))).toBe('ok');
  });

  it('makes items with counters that are given', () => {
    const tsm = createTsm();
    tsm.registerReport(reportSource());
    const item = tsm.createItem('x', (1n << 64n) - 1n, 0n);
    expect(errno(() => item.setServiceProvider('svsm'))).toBe('EBUSY');
    expect(item.generation).toBe((1n << 64n) - 1n);
  });

  it('refuses two registers of one name and hash', () => {
    const tsm = createTsm();
    const register: RegisterSpec = {
      ...{ name: 'r', title: 'R', kind: 'static', role: 'other', algorithm: 'sha256', size: 32, numbers: {} },
      ...{ readable: true, extensible: false, live: false, hasLog: false },
    };
    const twice = { ...measurements('m'), registers: [register, register] };
    expect(errno(() => tsm.registerMeasurements(twice))).toBe('EINVAL');
    const banks = {
      ...measurements('m'),
      registers: [register, { ...register, algorithm: 'sha384' as const, size: 48 }],
    };
    expect(errno(() => tsm.registerMeasurements(banks))).toBe('ok');
  });
});
