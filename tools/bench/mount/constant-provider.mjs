// @ts-check
/** A provider that costs nothing: one blob of a KiB, whatever is asked. */
import { defineProvider, defineRegister } from '@tsm/core';

const outblob = new Uint8Array(1024).fill(7);

export default defineProvider({
  apiVersion: 1,
  id: 'constant',
  title: 'One blob for all',
  registers: [defineRegister({ name: 'mr', algorithm: 'sha384', kind: 'runtime' })],
  report: { name: 'constant_guest', inblob: { min: 1, max: 64 }, attributes: [] },
  model: () => ({
    read: () => new Uint8Array(48),
    extend: () => undefined,
    report: () => ({ outblob }),
  }),
});
