/** Runs programs that leave others behind, as process 1; prints how many have been started and what was said at last. */
import { systemClock } from '../../../../agent/base/clock.ts';
import { countOrphans } from '../../../../agent/sidecars/orphans.ts';
import { createPrograms } from '../../../../agent/sidecars/programs.ts';

const MANY = 20;
const programs = createPrograms({ node: 'node-1' }, systemClock);
const run = programs.runIn(new AbortController().signal);
// Twenty at once are left behind by each; they end when their group is killed.
const command = ['/bin/sh', '-c', 'for i in 1 2 3 4 5 6 7 8 9 10 11 12 13 14 15 16 17 18 19 20; do sleep 60 & done'];

let started = 0;
let why: string | undefined;
while (why === undefined && started < MANY) {
  const result = await run({ command, timeoutMs: 20_000 });
  if (result.kind === 'failure') why = result.why;
  else started += 1;
}
process.stdout.write(JSON.stringify({ pid: process.pid, started, why, orphans: await countOrphans() }));
