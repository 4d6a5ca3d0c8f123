/** Runs programs twice, of which one lies on a file system that never answers; prints what came of it and how long this process stood still. */
import { systemClock } from '../../../../agent/base/clock.ts';
import { endProcess } from '../../../../agent/base/exit.ts';
import { createPrograms } from '../../../../agent/sidecars/programs.ts';

const [path = ''] = process.argv.slice(2);
const programs = createPrograms({ node: 'node-1' }, systemClock);
const run = (command: readonly string[]) => programs.runIn(new AbortController().signal)({ command, timeoutMs: 1000 });

let [longestMs, last] = [0, performance.now()];
setInterval(() => {
  const now = performance.now();
  longestMs = Math.max(longestMs, now - last);
  last = now;
}, 10);

const before = await run(['/bin/true']);
const dead = await run([path]);
const again = await run([path]);
process.stdout.write(JSON.stringify({ before, dead, again, longestMs }), () => endProcess(0));
