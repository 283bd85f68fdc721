#!/usr/bin/env node
/** `tsm`, the command line: arguments in, exit code out. */
import { readFileSync } from 'node:fs';
import { nodeDigests } from '@tsm/host';
import { createIo } from './io.ts';
import { tsm } from './program.ts';

const { version } = JSON.parse(readFileSync(new URL('../package.json', import.meta.url), 'utf8')) as {
  version: string;
};

process.exitCode = await tsm(process.argv.slice(2), createIo(), nodeDigests(), version);
