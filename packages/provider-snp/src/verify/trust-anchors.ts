/** AMD's roots: SHA-256 of the certificate of each ARK. Source: the certificate chains of AMD's key server. */
import { fromHex } from '@tsm/core';
import type { Anchor } from '@tsm/evidence';

const ARKS = {
  Milan: '69d063b45344d26a2e94e1f4210de49ef555308287d4c174445c95639a540bcd',
  Genoa: '4c6598d19c18719c5dfd4a7d335f674e5bfe1d8f800cea2cf270c10d103db2f1',
  Turin: '1f084161a44bb6d93778a904877d4819cafa5d05ef4193b2ded9dd9c73dd3f6a',
} as const;

export const AMD_ROOTS: readonly Anchor[] = Object.values(ARKS).map((hex) => ({
  sha256: fromHex(hex) ?? new Uint8Array(32),
}));
