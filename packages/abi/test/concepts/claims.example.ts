/** A report in the vendor's format, and the same in words that all vendors share. */
import { inProcess, readFile, writeFile } from '@tsm/abi/kit';
import { utf8Text } from '@tsm/core';
import cca from '@tsm/provider-cca';
import { createSnp } from '@tsm/provider-snp';
import tdx from '@tsm/provider-tdx';

interface Claims {
  format: string;
  reportData: string;
  registers: { name: string; role: string; algorithm: string }[];
}

const kernels = inProcess({ tdx, snp: createSnp, cca });
for (const provider of ['tdx', 'snp', 'cca'] as const) {
  const { files } = await kernels.start('unified', { provider });
  const item = '/sys/kernel/config/tsm/report/demo';
  await files.mkdir(item);
  await writeFile(files, `${item}/inblob`, new Uint8Array(64).fill(0xab));
  const claims = JSON.parse(utf8Text(await readFile(files, `${item}/claims`))) as Claims;
  const launch = claims.registers.find(({ role }) => role === 'launch');
  console.log(claims.format, claims.reportData.slice(0, 8), launch?.name, launch?.algorithm);
}
