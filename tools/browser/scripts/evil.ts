/** Page: what no package may do, to show that it would be noticed. */
import { report } from './report.ts';

await report(() => {
  try {
    return Promise.resolve(globalThis.eval('"ran"') as unknown);
  } catch (error) {
    return Promise.resolve((error as Error).name);
  }
});
