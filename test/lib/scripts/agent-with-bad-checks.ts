/**
 * An agent that runs, beside a good check, the one that `BAD_CHECK` names: `throws`, `never` settles, `hangs-in-io`
 * (a system call that does not come back), `blocks` the event loop from its third run on, or `blocks-at-once`.
 */
import { readFile } from 'node:fs/promises';
import { Type } from 'typebox';
import { serve } from '../../../agent/cli/agent.ts';
import { configFrom } from '../../../agent/cli/lib/config.ts';
import { type AnyCheck, type Outcome, defineCheck } from '../../../checks/types.ts';

const make = (id: string, run: () => Promise<Outcome<never>>): AnyCheck =>
  defineCheck({
    id,
    title: id,
    description: id,
    intervalMs: 2000,
    timeoutMs: 500,
    runsOn: 'every node',
    config: Type.Object({}),
    reasons: {},
    readings: {},
    needs: [],
    run,
  });

let runs = 0;
const BAD: Readonly<Record<string, () => Promise<Outcome<never>>>> = {
  throws: () => Promise.reject(new Error('thrown on purpose')),
  never: () => new Promise(() => {}),
  'hangs-in-io': async () => {
    // A named pipe without a writer: open(2) does not come back.
    await readFile(process.env['PIPE'] ?? '');
    return { status: 'ok' };
  },
  blocks: async () => {
    runs += 1;
    if (runs >= 3) for (;;);
    return { status: 'ok' };
  },
  'blocks-at-once': async () => {
    for (;;);
  },
};

const name = process.env['BAD_CHECK'] ?? '';
const bad = BAD[name];
if (bad === undefined) throw new Error(`BAD_CHECK=${name} is none of ${Object.keys(BAD).join(', ')}`);
const checks = [make('good', async () => ({ status: 'ok' })), make(name, bad)];
process.exitCode = await serve(configFrom(process.argv.slice(2)), checks);
