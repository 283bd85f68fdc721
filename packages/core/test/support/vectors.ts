/**
 * The shared test vectors: real evidence and logs with known answers, listed in their `manifest.json`. They are not part
 * of the repository; a suite that needs them says how many cases it skips where they are missing.
 */
import { appendFileSync, existsSync, readFileSync } from 'node:fs';
import path from 'node:path';
import { describe, expect, test } from 'vitest';

/** One entry of the manifest. */
export interface Vector {
  /** Path below the vectors' folder. */
  readonly file: string;
  readonly area: string;
  readonly format: string;
  /** Known answers; null for a file that only supports others. */
  readonly expected: Readonly<Record<string, unknown>> | null;
  readonly note?: string;
  /** Other members: files that belong to this one, such as `eventLog` or `collateral`. */
  readonly [member: string]: unknown;
}

/** The vectors' folder: TSM_VECTORS, or beside the repository. */
const VECTORS = path.resolve(
  process.env['TSM_VECTORS'] ?? path.join(import.meta.dirname, '../../../../../shared/vectors'),
);

const MANIFEST = path.join(VECTORS, 'manifest.json');

const haveVectors = existsSync(MANIFEST);

/** All entries of an area, or none without the folder. `formats`: only these. */
export function vectors(area: string, formats?: readonly string[]): Vector[] {
  if (!haveVectors) return [];
  const all = JSON.parse(readFileSync(MANIFEST, 'utf8')) as Vector[];
  return all.filter((one) => one.area === area && (formats === undefined || formats.includes(one.format)));
}

/** Content of a file below the vectors' folder. */
export function readVector(file: string): Uint8Array {
  return new Uint8Array(readFileSync(path.join(VECTORS, file)));
}

/**
 * A suite with one case for each of the vectors. `count`: how many there are. Without the folder all are skipped, and
 * one line says so, also in the file that TSM_SKIP_REPORT names.
 */
export function describeVectors(
  title: string,
  count: number,
  found: readonly Vector[],
  run: (vector: Vector) => void | Promise<void>,
): void {
  if (!haveVectors) {
    const line = `${title}: ${String(count)} cases need the shared vectors (TSM_VECTORS)`;
    const report = process.env['TSM_SKIP_REPORT'];
    if (report) appendFileSync(report, `${line}\n`);
    test.skip(line);
    return;
  }
  describe(title, () => {
    test(`has ${String(count)} vectors`, () => {
      expect(found).toHaveLength(count);
    });
    test.each(found.map((vector) => [vector.file, vector] as const))('%s', (_, vector) => run(vector));
  });
}
