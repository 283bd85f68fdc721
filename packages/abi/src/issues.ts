/** Issues of this package. */
import { issueTable, type IssueKind } from '@tsm/core';

export const ABI_ISSUES = issueTable({
  'log.start-not-golden': {
    severity: 'error',
    message: ({ stated, known }) =>
      `the log begins at ${stated ?? 'no stated value'}, which is none of the ${known} reference values; earlier entries may have been dropped — accept it only where its start is known`,
    spec: 'confidential-containers/trustee, issue 871',
  } satisfies IssueKind<{ stated: string | undefined; known: number }>,
});
