/** A provider with one register, which starts at once. */
import { defineProvider, defineRegister } from '@tsm/core';

export const toy = defineProvider({
  ...{ apiVersion: 1, id: 'toy', title: 'One register' },
  registers: [defineRegister({ name: 'mr', algorithm: 'sha384', kind: 'runtime' })],
  model(_launch, { digests }) {
    const chain = digests.chain('sha384', new Uint8Array(48));
    return {
      read: () => chain.value(),
      extend: (_register, digest) => {
        chain.extend(digest);
      },
    };
  },
});
