/** A machine on disk: the journal in its folder brings it back, in this process or the next. */
import { tmpdir } from 'node:os';
import { defineProvider, defineRegister } from '@tsm/core';
import { StateDirectory } from '@tsm/host';

const provider = defineProvider({
  ...{ apiVersion: 1, id: 'toy', title: 'One register' },
  registers: [defineRegister({ name: 'mr', algorithm: 'sha384', kind: 'runtime' })],
  model(_launch, { digests }) {
    const chain = digests.chain('sha384', new Uint8Array(48));
    return { read: () => chain.value(), extend: (_register, digest) => chain.extend(digest) };
  },
});
const launch = { seed: new Uint8Array(32), now: new Date(0), values: {}, boot: false };
const state = new StateDirectory(`${tmpdir()}/tsm-${process.pid}`, () => Promise.resolve(provider));
const machine = await state.create({ op: 'create', version: 1, id: 'lab', provider: 'toy', ...launch });
console.log(await machine.append('mr', 'example.com/app start v1'));
