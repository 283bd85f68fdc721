/** `certs` of the posting of 2023: the certificates of AMD's table as PEM. Table: GHCB specification (56421), §4.1.8.1. */
import { isFilledWith, toBase64 } from '@tsm/core';

/** GUID, offset, length. */
const ROW = 24;

/** PEM blocks in the order of the table; a row that points outside the blob ends the list. */
export function pemOfTable(table: Uint8Array): string {
  const view = new DataView(table.buffer, table.byteOffset, table.byteLength);
  const blocks: string[] = [];
  for (let at = 0; at + ROW <= table.length; at += ROW) {
    if (isFilledWith(table.subarray(at, at + ROW), 0)) break;
    const offset = view.getUint32(at + 16, true);
    const length = view.getUint32(at + 20, true);
    if (offset + length > table.length) break;
    const lines = toBase64(table.subarray(offset, offset + length)).match(/.{1,64}/g) ?? [];
    blocks.push(['-----BEGIN CERTIFICATE-----', ...lines, '-----END CERTIFICATE-----', ''].join('\n'));
  }
  return blocks.join('');
}
