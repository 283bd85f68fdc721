/** The same program on three technologies: what was launched, and what runs now? */
import { inProcess, readFile } from '@tsm/abi/kit';
import { shortHex, utf8Text } from '@tsm/core';
import cca from '@tsm/provider-cca';
import { createSnp } from '@tsm/provider-snp';
import tdx from '@tsm/provider-tdx';

const kernels = inProcess({ tdx, snp: createSnp, cca });
for (const provider of ['tdx', 'snp', 'cca'] as const) {
  const { files } = await kernels.start('unified', { provider });
  for (const role of ['launch', 'application']) {
    const at = `/sys/kernel/tsm/by-role/${role}`;
    if (!(await files.list('/sys/kernel/tsm/by-role')).includes(role)) continue;
    const algorithm = utf8Text(await readFile(files, `${at}/hash_algo`));
    console.log(provider, role, algorithm, shortHex(await readFile(files, `${at}/digest`)));
  }
}
