/** A verdict as SARIF 2.1.0, for code scanning services. Source: OASIS SARIF Version 2.1.0. */
import type { Check, Verdict } from '@tsm/core';

const SCHEMA = 'https://docs.oasis-open.org/sarif/sarif/v2.1.0/errata01/os/schemas/sarif-schema-2.1.0.json';

/** Checks without children: groups only sum them up. */
function leaves(checks: readonly Check[]): Check[] {
  return checks.flatMap((check) =>
    check.checks && check.checks.length > 0 ? leaves(check.checks) : [check],
  );
}

const OUTCOMES = {
  pass: { kind: 'pass', level: 'none' },
  fail: { kind: 'fail', level: 'error' },
  skipped: { kind: 'open', level: 'none' },
  notApplicable: { kind: 'notApplicable', level: 'none' },
} as const;

function messageOf({ title, expected, actual, remedy }: Check): string {
  const parts = [
    title,
    ...(expected === undefined ? [] : [`expected ${expected}`]),
    ...(actual === undefined ? [] : [`found ${actual}`]),
    ...(remedy === undefined ? [] : [remedy]),
  ];
  return parts.join('; ');
}

/** One run with one result a check; byte ranges are regions of the evidence file (§3.30). */
export function sarifOf(verdict: Verdict, file: string, version: string): unknown {
  const checks = leaves(verdict.checks);
  const rules = [...new Map(checks.map((check) => [check.id, check])).values()];
  const uri = encodeURI(file);
  return {
    $schema: SCHEMA,
    version: '2.1.0',
    runs: [
      {
        tool: {
          driver: {
            name: 'tsm',
            version,
            rules: rules.map(({ id, title, spec }) => ({
              id,
              shortDescription: { text: title },
              ...(spec === undefined ? {} : { help: { text: spec } }),
            })),
          },
        },
        artifacts: [{ location: { uri } }],
        results: checks.map((check) => ({
          ruleId: check.id,
          ruleIndex: rules.findIndex(({ id }) => id === check.id),
          ...OUTCOMES[check.status],
          message: { text: messageOf(check) },
          locations: [
            {
              physicalLocation: {
                artifactLocation: { uri, index: 0 },
                ...(check.range
                  ? { region: { byteOffset: check.range.offset, byteLength: check.range.length } }
                  : {}),
              },
            },
          ],
        })),
        properties: {
          technology: verdict.technology,
          verdict: verdict.verdict,
          tcbStatus: verdict.tcbStatus,
          notChecked: verdict.notChecked,
        },
      },
    ],
  };
}
