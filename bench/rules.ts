/** What rules cost. Each mix is a process of its own: what one leaves behind is not in the figures of the next. */
import { execFileSync } from 'node:child_process';
import { fileURLToPath } from 'node:url';
import { MIXES, type Measured, PER_SECOND, RULES, SECONDS } from './rules/mix.ts';
import type { Figure } from './lib/table.ts';

const CHILD = fileURLToPath(new URL('rules/mix-child.ts', import.meta.url));

export function run(): readonly Figure[] {
  return MIXES.flatMap((mix) => {
    const said = execFileSync(process.execPath, ['--expose-gc', CHILD, mix], { encoding: 'utf8' });
    const { percent, heapMib, keys, firing, skipped }: Measured = JSON.parse(said);
    const note = `${RULES} rules, ${PER_SECOND} events/s for ${SECONDS} s; ${keys} keys, ${firing} fire, ${skipped} patterns skipped`;
    return [
      { what: `CPU, ${mix}`, value: percent, unit: '% of a core', target: '<= 2', note },
      { what: `heap, ${mix}`, value: heapMib, unit: 'MiB', target: '<= 32', note: 'after a collection' },
    ];
  });
}
