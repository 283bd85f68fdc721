/** A guest of SEV-SNP that runs at level 2, above an SVSM. */
import { createSnp } from '@tsm/provider-snp';

export default createSnp({ vmpl: 2 });
