/** Runs what a page is for, and reports the result with every breach of the content policy meanwhile. */
import { REPORT } from '../visit.mjs';

interface Breach extends Event {
  readonly effectiveDirective: string;
  readonly blockedURI: string;
}

/** `work` loads the code that is to be watched, so that none of it runs before somebody listens. */
export async function report(work: () => Promise<unknown>): Promise<void> {
  const violations: string[] = [];
  globalThis.addEventListener('securitypolicyviolation', (event) => {
    const { effectiveDirective, blockedURI } = event as Breach;
    violations.push(`${effectiveDirective} ${blockedURI}`);
  });
  const outcome = await work().then(
    (result) => ({ result }),
    (error: unknown) => ({ error: error instanceof Error ? (error.stack ?? error.message) : String(error) }),
  );
  // The events come as tasks of their own.
  await new Promise((resolve) => setTimeout(resolve, 100));
  console.info(REPORT + JSON.stringify({ ...outcome, violations }));
}
