/** Logs of a realm against its token: the firmware's log by CC measurement register, the text log of REM3 by name. */
import { portableDigests, toHex } from '@tsm/core';
import { compare, decodeLog, replay } from '@tsm/eventlog';
import { openMachine } from '@tsm/machine';
import { expect, test } from 'vitest';
import { createCca, REALM_HASHES } from '../src/index.ts';
import { challenge, launch } from './support/tokens.ts';

test.each(REALM_HASHES)(
  'the logs of a realm with %s give the registers of its token',
  async (hashAlgorithm) => {
    const provider = createCca({ hashAlgorithm });
    const created = {
      op: 'create',
      version: 1,
      id: 'realm',
      provider: 'cca',
      values: {},
      boot: true,
    } as const;
    const machine = openMachine(provider, [{ ...created, ...launch }]);
    await machine.append('rem3', 'example.com/app start v1');
    const { outblob } = await machine.report({ inblob: challenge });
    const { registers } = provider.evidence.decode(outblob);
    const value = new Map(registers.map((one) => [one.name, toHex(one.value)]));

    const firmware = replay(decodeLog((await machine.firmwareLog())!), { digests: portableDigests });
    const replayed = firmware.registers.filter((one) => one.extends > 0);
    expect(replayed).toHaveLength(3);
    for (const one of replayed) {
      const { name } = provider.registers.find(({ numbers }) => numbers.ccMr === one.ccMr)!;
      expect(toHex(one.value), name).toBe(value.get(name));
    }

    const text = decodeLog(await machine.eventLog('rem3'));
    const rem3 = registers.filter(({ name }) => name === 'rem3');
    const compared = compare(text, rem3, { digests: portableDigests, register: 'rem3' });
    expect(compared.registers.map(({ name, match }) => [name, match])).toEqual([['rem3', true]]);
    const altered = rem3.map((one) => ({ ...one, value: one.value.map((byte) => byte ^ 1) }));
    expect(compare(text, altered, { digests: portableDigests, register: 'rem3' }).registers[0]?.match).toBe(
      false,
    );
  },
);
