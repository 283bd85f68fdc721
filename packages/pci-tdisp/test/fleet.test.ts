/** The whole way, VERSION to RUN, over SPDM; faults at every message of it; and what is verified of a device. */
import { concat, firstFailure, TsmError, type DeviceEvidence, type Verdict } from '@tsm/core';
import { describe, expect, it } from 'vitest';
import {
  checkBinding,
  compositeVerdict,
  evidenceBinding,
  measurementsOf,
  createFleet,
  functionAt,
  verifyDevice,
  type BoundDevice,
  type Fleet,
  type FleetOptions,
} from '../src/index.ts';

const NOW = new Date('2026-06-01T00:00:00Z');
const LATER = new Date('2027-01-01T00:00:00Z');
const DEVICE = '0000:01:00.0';
const VIRTUAL = '0000:01:00.1';

/** Streams without a bus: the kernel's side has its own tests. */
function streams() {
  let open = 0;
  return {
    get open() {
      return open;
    },
    alloc: ({ address, parent = '' }: { address: string; parent?: string }) => {
      open++;
      return { endpoint: address, port: parent, name: 'stream0.0.0' };
    },
    register: () => undefined,
    enable: () => undefined,
    free: () => {
      open--;
    },
  };
}

function fleetWith(more: Partial<FleetOptions> = {}): Fleet & { ide: ReturnType<typeof streams> } {
  const fleet = createFleet({ platform: 'tdx-connect', seed: new Uint8Array(32).fill(3), now: NOW, ...more });
  return { ...fleet, ide: streams() };
}

function toRun({ host, guest, ide, bus }: ReturnType<typeof fleetWith>, address = DEVICE): void {
  host.connect(functionAt({ bus }, DEVICE), ide);
  const device = functionAt({ bus }, address);
  host.bind(device, 'vm');
  guest.lock(device);
  guest.accept(device);
}

describe('from VERSION to RUN', () => {
  it('brings functions and virtual functions into RUN, and takes them back', { timeout: 30_000 }, () => {
    const fleet = fleetWith();
    toRun(fleet);
    const virtual = functionAt(fleet, VIRTUAL);
    fleet.host.bind(virtual, 'vm');
    fleet.guest.lock(virtual);
    fleet.guest.accept(virtual);
    expect([fleet.host.state(functionAt(fleet, DEVICE)), fleet.host.state(virtual)]).toEqual(['RUN', 'RUN']);
    fleet.host.unbind(virtual);
    expect(fleet.host.state(virtual)).toBe('CONFIG_UNLOCKED');
    fleet.host.disconnect(functionAt(fleet, DEVICE), fleet.ide);
    expect(fleet.devices.get(DEVICE)?.responder.sessions).toEqual([]);
    expect(fleet.devices.get(DEVICE)?.model.tdisp.interfaces.map(({ state }) => state)).toEqual([
      'ERROR',
      'CONFIG_UNLOCKED',
    ]);
    expect(fleet.ide.open).toBe(0);
  });

  it('says the same words each time from the same seed, and others from another', { timeout: 30_000 }, () => {
    const said = (seed: number): string[] => {
      const objects: string[] = [];
      const onObject = (_address: string, object: Uint8Array) =>
        objects.push(Buffer.from(object).toString('hex'));
      toRun(fleetWith({ onObject, seed: new Uint8Array(32).fill(seed) }));
      return objects;
    };
    const first = said(1);
    expect(first.length).toBeGreaterThan(50);
    expect(said(1)).toEqual(first);
    expect(said(2)).not.toEqual(first);
  });

  it('names the functions that there are', () => {
    expect(() => functionAt(fleetWith(), '0000:09:00.0')).toThrow('0000:01:00.0, 0000:01:00.1, 0000:02:00.0');
  });
});

describe('faults', () => {
  type Fault = (object: Uint8Array, before: Uint8Array) => Uint8Array | undefined;
  const FAULTS: Readonly<Record<string, Fault>> = {
    'is lost': () => undefined,
    'is the one before again': (_object, before) => before,
    'has a bit flipped': (object) => object.with(object.length - 5, (object.at(-5) ?? 0) ^ 4),
    'is cut': (object) => object.slice(0, object.length >> 1),
  };

  /** One fault at the nth object; gives how many objects there were. */
  const disturb = (
    fault: Fault,
    n: number,
  ): { fleet: ReturnType<typeof fleetWith>; error: unknown; count: number } => {
    const fleet = fleetWith();
    const device = fleet.devices.get(DEVICE);
    if (!device) throw new Error('no device');
    let count = 0;
    let before: Uint8Array = new Uint8Array(0);
    const pass = (object: Uint8Array): Uint8Array | undefined => {
      const arrived = count++ === n ? fault(object, before) : object;
      before = object;
      return arrived;
    };
    const respond = device.respond.bind(device);
    device.respond = (object) => {
      const arrived = pass(object);
      const answer = arrived && respond(arrived);
      return answer && pass(answer);
    };
    let error: unknown;
    try {
      toRun(fleet);
    } catch (caught) {
      error = caught;
    }
    device.respond = respond;
    return { fleet, error, count };
  };

  const all = process.env['TSM_TORTURE'] === '1';
  it.each(Object.entries(FAULTS).map(([what, fault], number) => [what, fault, number] as const))(
    'a message that %s is an error, and leaves nothing open',
    { timeout: 600_000 },
    (_what, fault, number) => {
      const { count } = disturb((object) => object, -1);
      expect(count).toBeGreaterThan(50);
      // Every fault at every message under torture; else one of the four at each message.
      const step = all ? 1 : 4;
      for (let n = all ? 0 : number; n < count; n += step) {
        const { fleet, error } = disturb(fault, n);
        const device = functionAt(fleet, DEVICE);
        if (error !== undefined) expect(error, `message ${String(n)}`).toBeInstanceOf(TsmError);
        fleet.host.unbind(device);
        fleet.host.disconnect(device, fleet.ide);
        expect(fleet.ide.open, `streams after message ${String(n)}`).toBe(0);
        expect(fleet.host.streamOf(DEVICE)).toBeUndefined();
        if (error !== undefined) expect((error as TsmError).code).toMatch(/^E[A-Z]+$/);
      }
    },
  );

  it('a device that is disturbed once can be connected again', { timeout: 30_000 }, () => {
    const { fleet, error } = disturb(() => undefined, 20);
    expect(error).toBeInstanceOf(TsmError);
    fleet.host.unbind(functionAt(fleet, DEVICE));
    fleet.host.disconnect(functionAt(fleet, DEVICE), fleet.ide);
    toRun(fleet);
    expect(fleet.host.state(functionAt(fleet, DEVICE))).toBe('RUN');
  });
});

describe('evidence', () => {
  const fleet = fleetWith();
  toRun(fleet);
  const { objects } = fleet.guest.evidence(functionAt(fleet, DEVICE));
  const options = { now: LATER, trustAnchors: [fleet.authority.root] };
  const verify = (change: DeviceEvidence['objects'] = {}, more = {}): Promise<Verdict> =>
    verifyDevice({ ...objects, ...change }, { ...options, ...more });

  it('of a device that is as it says passes, and says what was not looked at', async () => {
    const verdict = await verify();
    expect(firstFailure(verdict.checks)).toBeUndefined();
    expect(verdict.verdict).toBe('pass');
    expect(measurementsOf(objects).map(({ index }) => index)).toEqual([1, 2, 3]);
    expect(measurementsOf({})).toEqual([]);
    expect(verdict.notChecked.map(({ id }) => id)).toEqual(
      expect.arrayContaining(['measurements.nonce', 'measurements.reference', 'report.origin']),
    );
  });

  it('of the host has no report', async () => {
    const evidence = fleet.host.evidence(functionAt(fleet, DEVICE));
    const verdict = await verifyDevice(evidence.objects, options);
    expect(verdict.verdict).toBe('pass');
    expect(verdict.notChecked.map(({ id }) => id)).toContain('report');
  });

  const flip = (name: string, at: number) => {
    const bytes = objects[name] ?? new Uint8Array(0);
    const index = at < 0 ? bytes.length + at : at;
    return { [name]: bytes.with(index, (bytes[index] ?? 0) ^ 1) };
  };

  it.each([
    ['a byte of the signature', flip('measurements', -1), 'measurements.signature'],
    ['a byte of the nonce', flip('measurements', 8), 'measurements.signature'],
    ['a byte of the negotiation', flip('vca', 25), 'measurements.signature'],
    ['a byte of the certificates', flip('cert0', -1), 'certificates.signature'],
    ['no measurements', { measurements: new Uint8Array(0) }, 'measurements.structure'],
    ['no certificates', { cert0: new Uint8Array(0) }, 'chain.structure'],
    ['no negotiation', { vca: new Uint8Array(0) }, 'negotiation'],
    ['reserved bits of the report', flip('report', 1), 'report.structure'],
    ['firmware that may change', flip('report', 0), 'report.firmware'],
    [
      'a report that is cut',
      { report: objects['report']?.slice(0, -1) ?? new Uint8Array(0) },
      'report.structure',
    ],
  ] as const)('with %s fails by name', async (_what, change, id) => {
    const verdict = await verify(change);
    expect(verdict.verdict).toBe('fail');
    expect(firstFailure(verdict.checks)?.id).toBe(id);
  });

  it('is held against a nonce, reference values and a trust anchor', async () => {
    const other = fleetWith({ seed: new Uint8Array(32).fill(9) }).authority.root;
    expect((await verify({}, { trustAnchors: [other] })).verdict).toBe('fail');
    expect((await verify({}, { trustAnchors: [] })).verdict).toBe('fail');
    expect((await verify({}, { now: new Date('2040-01-01') })).verdict).toBe('fail');
    expect(firstFailure((await verify({}, { nonce: new Uint8Array(32) })).checks)?.id).toBe(
      'measurements.nonce',
    );
    const nonce = objects['measurements']?.slice(4, 36);
    const wrong = await verify({}, { nonce, reference: { 2: new Uint8Array(48), 9: new Uint8Array(48) } });
    expect(firstFailure(wrong.checks)?.id).toBe('measurements.2');
  });

  it('never throws, whatever byte is changed or cut', { timeout: 60_000 }, async () => {
    for (const [name, bytes] of Object.entries(objects))
      for (let at = 0; at < bytes.length; at += Math.max(1, bytes.length >> 4))
        for (const changed of [bytes.slice(0, at), bytes.with(at, (bytes[at] ?? 0) ^ 0x55)])
          expect((await verify({ [name]: changed })).checks.length).toBeGreaterThan(0);
  });

  it('of machine and devices together is as good as the worst of them', async () => {
    const good = await verify();
    const bad = await verify({ measurements: new Uint8Array(0) });
    const machine: Verdict = {
      technology: 'tdx',
      verdict: 'pass',
      checks: [{ id: 'quote', title: 'q', status: 'pass' }],
      notChecked: [],
    };
    expect(compositeVerdict(machine, new Map([[DEVICE, good]])).verdict).toBe('pass');
    const both = compositeVerdict(
      machine,
      new Map([
        [DEVICE, good],
        [VIRTUAL, bad],
      ]),
    );
    expect(both).toMatchObject({ verdict: 'fail', technology: 'tdx' });
    expect(both.checks.map(({ id, status }) => [id, status])).toEqual([
      ['machine', 'pass'],
      [`device.${DEVICE}`, 'pass'],
      [`device.${VIRTUAL}`, 'fail'],
    ]);
    expect(both.notChecked.map(({ id }) => id)).toContain('binding');
    const open = { ...machine, verdict: 'inconclusive' as const };
    expect(compositeVerdict(open, new Map([[DEVICE, good]])).verdict).toBe('inconclusive');
  });

  it('is tied to a machine by the digest in its report', () => {
    const nonce = Uint8Array.of(1, 2, 3);
    const one: BoundDevice = { objects, accepted: true, state: 'RUN' };
    const bound = evidenceBinding(nonce, new Map([[DEVICE, one]]));
    expect(bound.length).toBe(64);
    const two = new Map([
      [VIRTUAL, one],
      [DEVICE, one],
    ]);
    expect(evidenceBinding(nonce, two)).toEqual(evidenceBinding(nonce, new Map([...two].reverse())));
    const others = [
      evidenceBinding(nonce.with(0, 9), new Map([[DEVICE, one]])),
      evidenceBinding(nonce, new Map([[VIRTUAL, one]])),
      evidenceBinding(nonce, new Map()),
      evidenceBinding(nonce, two),
      ...Object.keys(objects).map((name) =>
        evidenceBinding(nonce, new Map([[DEVICE, { objects: { ...objects, ...flip(name, 4) } }]])),
      ),
    ];
    expect(new Set([bound, ...others].map((bytes) => bytes.join())).size).toBe(others.length + 1);

    const failures = (reportData: Uint8Array, more: Partial<BoundDevice> = {}) =>
      checkBinding(bound, reportData, new Map([[DEVICE, { ...one, ...more }]])).checks.flatMap(
        ({ checks = [] }) => checks.filter(({ status }) => status === 'fail').map(({ id }) => id),
      );
    expect(failures(concat(bound, new Uint8Array(8)))).toEqual([]);
    expect(failures(others[0]!)).toEqual(['binding.report-data']);
    expect(failures(new Uint8Array(0))).toEqual(['binding.report-data']);
    expect(failures(bound, { accepted: false, state: 'CONFIG_LOCKED' })).toEqual([`binding.${DEVICE}`]);
    expect(failures(bound, { state: 'ERROR' })).toEqual([`binding.${DEVICE}`]);
  });
});
