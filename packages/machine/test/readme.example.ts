/** A machine with one register: append an event, and read the log that explains its value. */
import { defineProvider, defineRegister, toHex, utf8Text } from '@tsm/core';
import { openMachine } from '@tsm/machine';

const provider = defineProvider({
  ...{ apiVersion: 1, id: 'toy', title: 'One register' },
  registers: [defineRegister({ name: 'mr', algorithm: 'sha384', kind: 'runtime' })],
  model(_launch, { digests }) {
    const chain = digests.chain('sha384', new Uint8Array(48));
    return { read: () => chain.value(), extend: (_register, digest) => chain.extend(digest) };
  },
});
const launch = { seed: new Uint8Array(32), now: new Date(0), values: {}, boot: false };
const machine = openMachine(provider, [{ op: 'create', version: 1, id: 'lab', provider: 'toy', ...launch }]);
const { value } = await machine.append('mr', 'example.com/app start v1');
console.log(toHex(value), utf8Text(await machine.eventLog('mr')));
