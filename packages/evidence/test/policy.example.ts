/** Claims held against a policy: a register with a reference value, a bound on the TCB, debug forbidden by default. */
import { fromHex } from '@tsm/core';
import { appraise, exportCorim, importCorim, parsePolicy } from '@tsm/evidence';

const text = `{ "version": 1, "technologies": ["tdx"],
  "registers": { "mrtd": [{ "value": "${'11'.repeat(48)}", "name": "OVMF 2026-02" }] },
  "claims": { "tcb.microcode": { "min": 5 } } }`;
const { policy, issues } = parsePolicy(new TextEncoder().encode(text));
if (!policy) throw new Error(issues[0]?.message);

const { verdict, checks } = appraise(
  {
    technology: 'tdx',
    registers: [{ name: 'mrtd', role: 'launch', value: fromHex('11'.repeat(48))! }],
    tcbStatus: 'UpToDate',
    claims: { debug: false, 'tcb.microcode': 4 },
  },
  policy,
);
console.log(
  verdict,
  checks[0]?.checks?.filter((one) => one.status === 'fail').map((one) => one.id),
);

const corim = exportCorim(policy, 'example');
console.log(corim.issues.length, Object.keys(importCorim(corim.bytes).policy?.registers ?? {}));
