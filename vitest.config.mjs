// @ts-check
/** Tests run on the sources: the export condition `@tsm/source` leads every `@tsm/*` import to `src`. */
import { availableParallelism } from 'node:os';
import { fileURLToPath } from 'node:url';
import { defaultServerConditions } from 'vite';
import { defineConfig } from 'vitest/config';

const torture = process.env['TSM_TORTURE'] === '1';
const minute = 60_000;
/** Tests that install packed packages: slow, and a project of their own. */
const packed = ['tools/test/packed.test.ts', 'tools/test/third-party.test.ts'];
/** Tests in a real browser, on the built packages: a project of their own. */
const browser = ['tools/test/browser.test.ts'];
/** Tests in a real VS Code: a project of their own. */
const e2e = ['tools/test/e2e*.test.ts'];

export default defineConfig({
  ssr: { resolve: { conditions: ['@tsm/source', ...defaultServerConditions] } },
  test: {
    environment: 'node',
    globals: false,
    // The default leaves one core to the runner, which needs little of it: on two cores that is half of them.
    maxWorkers: Math.max(2, availableParallelism() - 1),
    testTimeout: torture ? 60 * minute : minute / 2,
    hookTimeout: minute,
    env: {
      TSM_VECTORS: process.env['TSM_VECTORS'] ?? fileURLToPath(new URL('../shared/vectors', import.meta.url)),
    },
    coverage: { include: ['{packages,apps}/*/src/**'] },
    projects: [
      {
        extends: true,
        test: {
          name: 'unit',
          include: ['{packages,apps}/*/test/**/*.test.ts', 'tools/test/**/*.test.ts'],
          exclude: [
            '**/node_modules/**',
            ...packed,
            ...browser,
            ...e2e,
            ...(torture ? [] : ['**/*.torture.test.ts']),
          ],
        },
      },
      {
        extends: true,
        test: {
          name: 'packed',
          include: packed,
          testTimeout: 5 * minute,
          hookTimeout: 5 * minute,
        },
      },
      {
        extends: true,
        test: { name: 'browser', include: browser, hookTimeout: 5 * minute },
      },
      {
        extends: true,
        test: { name: 'e2e', include: e2e, testTimeout: minute, hookTimeout: 5 * minute },
      },
    ],
  },
});
