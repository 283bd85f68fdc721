/** `tsm inspect`, `verify`, `launch`, `collateral`: the commands on evidence and what it rests on. */
import { POLICY_FORMATS } from '@tsm/evidence';
import { collateralShow } from '../commands/collateral.ts';
import { inspect } from '../commands/inspect.ts';
import { launch } from '../commands/launch.ts';
import { policyConvert } from '../commands/policy.ts';
import { verify } from '../commands/verify.ts';
import { collect, EVIDENCE_PROVIDER, type Tree } from './tree.ts';

const COLLATERAL = 'collateral of any kind, a file or a folder (repeatable)';

function addInspect(tree: Tree): void {
  const look = tree.leaf(tree.program, 'inspect <file>', 'what a file is, and what is in it', [
    'tsm inspect quote.dat',
    'tsm inspect quote.dat --fields',
    'tsm inspect report.json --json',
    'tsm inspect vcek.pem --fields',
  ]);
  look
    .option('--fields', 'every field with its bytes')
    .option('--provider <name>', EVIDENCE_PROVIDER, collect);
  tree.action(look, inspect);
}

function addVerify(tree: Tree): void {
  const check = tree.leaf(tree.program, 'verify <evidence>', 'is this evidence genuine?', [
    'tsm verify quote.dat --collateral collateral.json --at 2025-07-01',
    'tsm verify report.bin --collateral certs/ --report-data 1234',
    'tsm verify quote.dat --collateral collateral/ --log ccel.bin --sarif',
  ]);
  check
    .option('--collateral <path>', COLLATERAL, collect)
    .option('--at <date>', 'the time to verify at (default: now)')
    .option('--trust-anchor <file>', 'root certificate or key (default: the vendor’s; repeatable)', collect)
    .option('--report-data <hex>', 'what the evidence must have bound')
    .option('--require-crl', 'a chain without revocation lists is not enough')
    .option(
      '--accept-tcb <status>',
      'status of the TCB that passes, instead of the default (repeatable)',
      collect,
    )
    .option('--policy <file>', 'reference values and constraints: JSON, CoRIM or RVPS')
    .option('--log <file>', 'event log to compare with the registers')
    .option('--register <name>', 'register that a text log is of')
    .option('--provider <name>', EVIDENCE_PROVIDER, collect)
    .option('--all', 'also every check inside a group that passed')
    .option('--sarif', 'print one SARIF 2.1.0 document instead of text')
    .option('--ear', 'print the claims of an EAT Attestation Result instead of text');
  tree.action(check, verify);
}

function addLaunch(tree: Tree): void {
  const predict = tree.leaf(
    tree.program,
    'launch [input...]',
    'the registers that a launch gives, computed from its images',
    [
      'tsm launch --provider tdx --inputs',
      'tsm launch --provider tdx OVMF.fd kernel=bzImage cmdline="console=hvc0" memory=2048',
      'tsm launch --provider snp OVMF.fd vcpus=4 vcpu-type=EPYC-v4',
    ],
  );
  predict
    .requiredOption('--provider <name>', 'provider: tdx, snp, cca, cove, or a module')
    .option('--inputs', 'list what this provider takes')
    .option('--out <file>', 'write the predicted firmware log: for log diff and log explain');
  tree.action(predict, launch);
}

function addCollateral(tree: Tree): void {
  const collateral = tree.group('collateral', 'certificates, revocation lists and what else verifying needs');
  const show = tree.leaf(collateral, 'show <path...>', 'what files and folders hold, and when it expires', [
    'tsm collateral show collateral.json',
    'tsm collateral show certs/ --at 2026-01-31',
  ]);
  tree.action(show.option('--at <date>', 'the time to look at it (default: now)'), collateralShow);
}

function addPolicy(tree: Tree): void {
  const policy = tree.group('policy', 'reference values: import and export');
  const convert = tree.leaf(
    policy,
    'convert <file>',
    'a policy from one format to another, with what is lost',
    [
      'tsm policy convert reference-values.json --to policy --out policy.json',
      'tsm policy convert policy.json --to corim --out policy.corim',
    ],
  );
  convert
    .requiredOption('--to <format>', `one of ${POLICY_FORMATS.join(', ')}`)
    .option('--id <text>', 'id of a manifest', 'tsm-policy')
    .option('--out <file>', 'where to write it (default: standard output)');
  tree.action(convert, policyConvert);
}

export function addEvidenceCommands(tree: Tree): void {
  addInspect(tree);
  addVerify(tree);
  addCollateral(tree);
  addPolicy(tree);
  addLaunch(tree);
}
