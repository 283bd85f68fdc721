/** What the parts of CoVE evidence are called in trees: from the table of claims. Spec: CoVE specification, Evidence Format. */
import { sign1Names, type CborName, type CborNames } from '@tsm/evidence';
import {
  CLAIMS,
  COMPONENT_FIELDS,
  LABEL,
  MEASUREMENT_FIELDS,
  PLATFORM_STATE,
  TOKENS,
  type ClaimSpec,
} from '../claims.ts';

const STATES = Object.fromEntries(
  Object.entries(PLATFORM_STATE).map(([name, value]) => [String(value), name]),
);
const KEY: CborNames = { 1: 'kty', '-1': 'crv', '-2': 'x', '-3': 'y' };
const COMPONENT = Object.fromEntries(COMPONENT_FIELDS.map(({ label, name }) => [String(label), name]));
const MEASUREMENT = Object.fromEntries(
  Object.entries(MEASUREMENT_FIELDS).map(([name, label]) => [String(label), name]),
);

/** Rows for so many items of an array, each by its index. */
const indexed = (count: number, inner: CborNames): CborNames =>
  Object.fromEntries(Array.from({ length: count }, (_, i) => [String(i), { name: `[${String(i)}]`, inner }]));

/** As many components are shown by name; nothing limits them in the draft. */
const MAX_COMPONENTS = 32;

function claimName({ name, title, type }: ClaimSpec): CborName {
  const named = { name, doc: title };
  switch (type.kind) {
    case 'key':
      return { ...named, wrapped: true, inner: KEY };
    case 'state':
      return { ...named, meanings: STATES };
    case 'components': {
      const [first = '[0]', second = '[1]'] = type.names ?? [];
      const items = type.names
        ? { 0: { name: first, inner: COMPONENT }, 1: { name: second, inner: COMPONENT } }
        : indexed(MAX_COMPONENTS, COMPONENT);
      return { ...named, inner: items };
    }
    case 'measurements':
      return { ...named, inner: indexed(type.max, MEASUREMENT) };
    default:
      return named;
  }
}

const tokenNames = (claims: readonly ClaimSpec[]): CborNames =>
  sign1Names(Object.fromEntries(claims.map((claim) => [String(claim.label), claimName(claim)])));

/** Of bare evidence: `{266: {"platform": …, "tsm": …, "tvm": …}}`. */
export const EVIDENCE_NAMES: CborNames = {
  [String(LABEL.submodules)]: {
    name: 'submodules',
    doc: 'Tokens by layer',
    inner: Object.fromEntries(
      TOKENS.map((name) => [name, { name, doc: `The ${name} token`, inner: tokenNames(CLAIMS[name]) }]),
    ),
  },
};

/** Of the CBOR certificate around it. */
export const CERTIFICATE_NAMES: CborNames = sign1Names({
  [String(LABEL.issuer)]: { name: 'iss', doc: 'CDI_ID of the TSM' },
  [String(LABEL.subject)]: { name: 'sub', doc: 'CDI_ID of the TVM' },
  [String(LABEL.evidence)]: { name: 'evidence', doc: 'Tokens', inner: EVIDENCE_NAMES },
});
