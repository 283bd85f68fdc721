/** The JSON schema of policies. The parser agrees with it: a test holds one against the other. */
import { ALGORITHMS } from '@tsm/core';
import { ROLES } from './model.ts';

const HEX = { type: 'string', pattern: '^([0-9A-Fa-f]{2})+$' } as const;
const TEXTS = { type: 'array', items: { type: 'string' } } as const;
const VALUE = { type: ['boolean', 'number', 'string'] } as const;
const BOUND = { type: ['integer', 'string'], pattern: '^-?[0-9]+$' } as const;
const BOUNDS = { anyOf: [BOUND, { type: 'array', items: BOUND }] } as const;

export const POLICY_SCHEMA = {
  $schema: 'https://json-schema.org/draft/2020-12/schema',
  title: 'TSM policy',
  description: 'Reference values and constraints that evidence of a confidential VM is appraised against.',
  type: 'object',
  additionalProperties: false,
  required: ['version'],
  properties: {
    $schema: { type: 'string' },
    version: { const: 1 },
    name: { type: 'string' },
    technologies: { ...TEXTS, description: 'Ids of accepted technologies: tdx, snp, cca, cove.' },
    debug: { enum: ['forbid', 'allow'], default: 'forbid' },
    tcbStatus: { ...TEXTS, description: 'Accepted statuses of the TCB, such as UpToDate.' },
    registers: {
      type: 'object',
      description: 'Accepted values by register name.',
      additionalProperties: { $ref: '#/$defs/values' },
    },
    roles: {
      type: 'object',
      description: 'Accepted values by role of the register.',
      propertyNames: { enum: ROLES },
      additionalProperties: { $ref: '#/$defs/values' },
    },
    claims: {
      type: 'object',
      description: 'Constraints by claim name.',
      additionalProperties: { $ref: '#/$defs/constraint' },
    },
  },
  $defs: {
    values: {
      type: 'array',
      items: {
        anyOf: [
          HEX,
          {
            type: 'object',
            additionalProperties: false,
            required: ['value'],
            properties: {
              value: HEX,
              name: { type: 'string' },
              algorithm: { enum: Object.keys(ALGORITHMS) },
              expires: { type: 'string', format: 'date-time' },
            },
          },
        ],
      },
    },
    constraint: {
      type: 'object',
      additionalProperties: false,
      minProperties: 1,
      properties: {
        equals: { anyOf: [VALUE, { type: 'array', items: VALUE }] },
        oneOf: { type: 'array', items: VALUE },
        noneOf: { type: 'array', items: VALUE },
        min: BOUNDS,
        max: BOUNDS,
        mask: HEX,
      },
    },
  },
} as const;
