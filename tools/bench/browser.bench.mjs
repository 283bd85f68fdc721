// @ts-check
/** In Chromium, from a minified bundle: the extend chain on the embedded kernels beside one on noble; and sizes of bundles. */
import path from 'node:path';
import { bundle, sizeOf } from '../browser/bundle.mjs';
import { serve } from '../browser/server.mjs';
import { visit } from '../browser/visit.mjs';
import { findChromium, startChromium } from '../lib/chromium.mjs';
import { ROOT } from '../lib/run.mjs';

/** What programs take from the packages. */
const PROGRAMS = [
  "export * from '@tsm/core'",
  "export * from '@tsm/eventlog'",
  "export { decodeLog, replay } from '@tsm/eventlog'",
  "export * from '@tsm/evidence'",
  "export * from '@tsm/machine'",
  ...['tdx', 'snp', 'cca', 'cove'].map((id) => `export * from '@tsm/provider-${id}'`),
];

/** @typedef {{ name: string, kind: string, best: [kernel: number, row: number, noble: number] }} Row */

const chromium = await findChromium();
if (typeof chromium === 'string') {
  console.log(`  not measured: ${chromium}`);
} else {
  const script = await bundle(path.join(ROOT, 'tools/browser/scripts/chain-bench.ts'));
  const server = await serve({ bench: script });
  const browser = await startChromium(chromium);
  try {
    const { result } = await visit(browser, server.url('wasm', 'bench'));
    console.log(
      `  million extends/s   kernel   a row at once   noble   kernel/noble   row/noble   (${chromium.version})`,
    );
    for (const { name, kind, best } of /** @type {Row[]} */ (result)) {
      if (kind !== 'kernel') throw new Error(`no kernel runs for ${name}`);
      const [kernel, row, noble] = best;
      const ratios = [(kernel / noble).toFixed(1).padStart(15), (row / noble).toFixed(1).padStart(12)].join(
        '',
      );
      const cells = [
        kernel.toFixed(2).padStart(9),
        row.toFixed(2).padStart(16),
        noble.toFixed(2).padStart(8),
      ].join('');
      console.log(`  ${name.padEnd(17)}${cells}${ratios}`);
    }
    console.log('  aim: kernel/noble ≥ 10, for sha384');
  } finally {
    await browser.close();
    await server.close();
  }
}

console.log('\n  kB minified   as gzip   program');
for (const program of PROGRAMS) {
  const { minified, gzip } = await sizeOf(program);
  const cells = [minified, gzip].map((bytes) => (bytes / 1000).toFixed(0));
  console.log(`  ${cells[0]?.padStart(11)}${cells[1]?.padStart(10)}   ${program}`);
}
