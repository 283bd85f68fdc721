/** Registers of a kernel that shows none: each read takes a report, and believes what it says. */
import { TsmError, type Provider, type Report, type ReportRequest } from '@tsm/core';
import type { LiveRegister } from './registers.ts';

/** None where the technology is not known, or its evidence names no register. Nothing is verified here. */
export async function registersOfEvidence(
  provider: Provider | undefined,
  report: (request: ReportRequest) => Promise<Report>,
): Promise<LiveRegister[]> {
  const { evidence: format, report: driver, registers = [] } = provider ?? {};
  if (!format || !driver) return [];
  const values = async () => {
    const { outblob } = await report({ inblob: new Uint8Array(driver.inblob.max) });
    const { registers: found, issues } = format.decode(outblob);
    const fault = issues.find(({ severity }) => severity === 'error');
    if (fault) throw new TsmError('EIO', `outblob: ${fault.message}`, fault);
    return new Map(found.map(({ name, value }) => [name, value]));
  };
  const shown = await values();
  const able = registers.filter(({ name }) => shown.has(name));
  return able.map((spec) => ({
    spec: { ...spec, extensible: false, hasLog: false },
    async read() {
      const value = (await values()).get(spec.name);
      if (!value) throw new TsmError('EIO', `outblob: the report has no ${spec.name} any more`);
      return value;
    },
  }));
}
