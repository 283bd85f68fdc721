// @ts-check
/**
 * Full flows a second from GET_VERSION to an interface in RUN, against our own responder in the same process, with P-384 on
 * native cryptography; and how the time of one splits into its phases. Both ends count: each signs, verifies and derives.
 */
const { nodeSpdmCrypto } = await import('@tsm/host');
const { createFleet, functionAt, portableSpdmCrypto } = await import('@tsm/pci-tdisp');

/** Milliseconds of processor time: other programs on the machine do not count. */
const clock = () => {
  const { user, system } = process.cpuUsage();
  return (user + system) / 1000;
};
const SECONDS = 5;
const DEVICE = '0000:01:00.0';
const AIM = 20;
const SEED = new Uint8Array(32).fill(1);
const NOW = new Date('2026-01-01T00:00:00Z');

/** Streams of a bus that has one free. @type {import('@tsm/core').IdeStreams} */
const IDE = {
  alloc: ({ address, parent = '' }) => ({ endpoint: address, port: parent, name: 'stream0.0.0' }),
  register: () => undefined,
  enable: () => undefined,
  free: () => undefined,
};

/** @param {import('@tsm/pci-tdisp').SpdmCrypto} crypto */
function bench(crypto) {
  /** @type {Map<string, number>} */
  const phases = new Map();
  let phase = '';
  let since = 0;
  /** @param {string} next */
  const enter = (next) => {
    const now = clock();
    if (phase !== '') phases.set(phase, (phases.get(phase) ?? 0) + now - since);
    phase = next;
    since = now;
  };
  const options = { platform: /** @type {const} */ ('tdx-connect'), seed: SEED, now: NOW, crypto };
  let sent = 0;
  const fleet = createFleet({ ...options, onPhase: enter, onObject: () => sent++ });
  const device = functionAt(fleet, DEVICE);
  const flow = () => {
    fleet.host.connect(device, IDE);
    enter('lock');
    fleet.host.bind(device, 'vm');
    enter('start');
    fleet.guest.accept(device);
    enter('');
    if (fleet.host.state(device) !== 'RUN') throw new Error('the interface does not run');
    fleet.host.unbind(device);
    fleet.host.disconnect(device, IDE);
  };
  flow();
  phases.clear();
  sent = 0;
  const start = clock();
  let flows = 0;
  for (; clock() - start < SECONDS * 1000; flows++) flow();
  const total = [...phases.values()].reduce((sum, one) => sum + one, 0);
  return { flows, rate: (flows * 1000) / total, phases, total, objects: sent / flows };
}

for (const [name, crypto] of /** @type {const} */ ([
  ['native', nodeSpdmCrypto()],
  ['portable', portableSpdmCrypto],
])) {
  const { flows, rate, phases, total, objects } = bench(crypto);
  process.stdout.write(
    `${name}: ${rate.toFixed(1)} flows/s of one core (VERSION to RUN, P-384, ${objects.toFixed(0)} objects)\n`,
  );
  for (const [phase, time] of phases) {
    const share = ((time / total) * 100).toFixed(1);
    // IDE_KM follows the session without a pause of its own.
    const what = phase === 'session' ? 'session and IDE keys' : phase;
    process.stdout.write(
      `  ${what.padEnd(22)} ${(time / flows).toFixed(2).padStart(8)} ms  ${share.padStart(5)} %\n`,
    );
  }
  if (name === 'native' && rate < AIM) process.stdout.write(`  below the aim of ${String(AIM)} flows/s\n`);
}
