/** Page: what no package may do, to show that it would be noticed. */
import { report } from './report.ts';

await report(() => {
  try {
    // eslint-disable-next-line @typescript-eslint/no-implied-eval
    return Promise.resolve(new Function('return "ran"')() as unknown);
  } catch (error) {
    return Promise.resolve((error as Error).name);
  }
});
