/** A provider whose reports take two seconds. */
import { defineProvider, defineRegister } from '@tsm/core';

const NEVER = new Int32Array(new SharedArrayBuffer(4));

export default defineProvider({
  ...{ apiVersion: 1, id: 'slow', title: 'Slow hardware' },
  registers: [defineRegister({ name: 'mr', algorithm: 'sha384', kind: 'runtime' })],
  report: { name: 'slow_guest', inblob: { min: 1, max: 64 }, attributes: [] },
  model: (_launch, { digests }) => {
    const chain = digests.chain('sha384', new Uint8Array(48));
    return {
      read: () => chain.value(),
      extend: (_register, digest) => chain.extend(digest),
      report({ inblob }) {
        Atomics.wait(NEVER, 0, 0, 2000);
        return { outblob: inblob };
      },
    };
  },
});
