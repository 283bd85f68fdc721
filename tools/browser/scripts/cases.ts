/** Page: all cases. */
import { report } from './report.ts';

await report(async () => (await import('../cases/index.ts')).runCases());
