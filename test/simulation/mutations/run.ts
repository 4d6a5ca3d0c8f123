/**
 * Applies each mutation to a copy of the sources and simulates clusters until an invariant is broken:
 *
 *     node test/simulation/mutations/run.ts [--only NAME] [--seeds 400] [--workers 2]
 *
 * A mutation that no seed catches, or that another invariant catches than the ones it is said to break, is a failure.
 */
import { cpSync, mkdtempSync, readFileSync, rmSync, symlinkSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { pathToFileURL } from 'node:url';
import { parseArgs } from 'node:util';
import { runSeeds } from '../mesh/crew.ts';
import type { Verdict } from '../mesh/worker.ts';
import { type Edit, MUTATIONS, type Mutation } from './catalogue.ts';

const { values } = parseArgs({
  options: {
    only: { type: 'string' },
    seeds: { type: 'string', default: '400' },
    workers: { type: 'string', default: '2' },
  },
});

const ROOT = join(import.meta.dirname, '../../..');
const COPIED = ['agent', 'checks', 'test/lib', 'test/simulation', 'package.json'];
const print = (line: string): void => void process.stdout.write(`${line}\n`);

/** Throws where the text is not there once: the protocol has changed, and the mutation has to follow. */
function apply(directory: string, { file, from, to }: Edit): void {
  const path = join(directory, file);
  const text = readFileSync(path, 'utf8');
  const parts = text.split(from);
  if (parts.length !== 2) throw new Error(`${file} has "${from}" ${parts.length - 1} times`);
  writeFileSync(path, parts.join(to));
}

async function firstCatch(directory: string, { seed }: Mutation): Promise<{ verdict?: Verdict; tried: number }> {
  const wanted = Array.from({ length: Number(values.seeds) }, (_, index) => index + 1);
  let caught: Verdict | undefined;
  let tried = 0;
  await runSeeds({
    seeds: [...new Set([...(seed === undefined ? [] : [seed]), ...wanted])],
    workers: Number(values.workers),
    shrink: false,
    worker: pathToFileURL(join(directory, 'test/simulation/mesh/worker.ts')),
    onVerdict(verdict) {
      tried += 1;
      if (verdict.broken.length > 0) caught ??= verdict;
      return caught !== undefined;
    },
  });
  return caught === undefined ? { tried } : { verdict: caught, tried };
}

/** Returns whether it was caught as it should be. */
async function judge(mutation: Mutation): Promise<boolean> {
  const directory = mkdtempSync(join(tmpdir(), 'meerkat-mutation-'));
  try {
    for (const path of COPIED) cpSync(join(ROOT, path), join(directory, path), { recursive: true });
    symlinkSync(join(ROOT, 'node_modules'), join(directory, 'node_modules'));
    for (const edit of mutation.edits) apply(directory, edit);
    const { verdict, tried } = await firstCatch(directory, mutation);
    const isCaught = verdict?.broken.some((one) => mutation.caughtBy.some((name) => name === one)) === true;
    const how = verdict === undefined ? 'NOT CAUGHT' : `${verdict.broken.join(', ')} by seed ${verdict.seed}`;
    print(`${isCaught ? 'caught' : 'MISSED'}  ${mutation.name.padEnd(26)} ${how}, ${tried} seeds: ${mutation.what}`);
    if (!isCaught && verdict !== undefined) print(verdict.text);
    return isCaught;
  } catch (error) {
    print(`BROKEN  ${mutation.name.padEnd(26)} ${error instanceof Error ? error.message : String(error)}`);
    return false;
  } finally {
    rmSync(directory, { recursive: true, force: true });
  }
}

const chosen = MUTATIONS.filter(({ name }) => values.only === undefined || values.only.split(',').includes(name));
const missed: string[] = [];
for (const mutation of chosen) if (!(await judge(mutation))) missed.push(mutation.name);
print(
  `${chosen.length - missed.length} of ${chosen.length} mutations caught${missed.length > 0 ? `; missed: ${missed.join(', ')}` : ''}`,
);
if (missed.length > 0 || chosen.length === 0) process.exitCode = 1;
