/** Policies and reference values in any of the formats that are known here: the content says which. */
import { utf8Text } from '@tsm/core';
import { importCorim } from './corim.ts';
import type { Imported } from './exchange.ts';
import { parsePolicy } from './parse.ts';
import { importRvps } from './rvps.ts';

/** Formats that policies are written in. */
export const POLICY_FORMATS = ['policy', 'corim', 'rvps'] as const;
export type PolicyFormat = (typeof POLICY_FORMATS)[number];

const READERS: Readonly<Record<PolicyFormat, (bytes: Uint8Array) => Imported>> = {
  ...{ policy: parsePolicy, corim: importCorim, rvps: importRvps },
};

/** JSON lists are RVPS, JSON objects with a version policies; what is no text is CBOR. */
function formatOf(bytes: Uint8Array): PolicyFormat {
  const start = utf8Text(bytes.subarray(0, 256)).trimStart();
  if (start.startsWith('[')) return 'rvps';
  if (!start.startsWith('{')) return 'corim';
  return /"hash-value"|"expiration"|"expired"/.test(utf8Text(bytes)) ? 'rvps' : 'policy';
}

/** The policy in a file, with what was lost on the way in; without a policy the first issue says why. */
export function readPolicy(bytes: Uint8Array): Imported & { readonly format: PolicyFormat } {
  const format = formatOf(bytes);
  return { format, ...READERS[format](bytes) };
}
