/**
 * `npm run bench [-- NAME…] [--idle-seconds N]`: runs the benchmarks and prints a table and a line of JSON for each.
 * Build first: the bundle is measured too.
 */
import { cpus, loadavg } from 'node:os';
import { parseArgs } from 'node:util';
import { type Figure, renderTable } from './lib/table.ts';

const { values, positionals } = parseArgs({
  allowPositionals: true,
  options: { 'idle-seconds': { type: 'string', default: '300' } },
});

const BENCHES: Readonly<Record<string, () => Promise<readonly Figure[]>>> = {
  agent: async () => (await import('./agent.ts')).run(Number(values['idle-seconds'])),
  http: async () => (await import('./http.ts')).run(),
  store: async () => (await import('./store.ts')).run(),
};

const names = positionals.length > 0 ? positionals : Object.keys(BENCHES);
console.log(`node ${process.version}, ${cpus().length} × ${cpus()[0]?.model}, load ${loadavg()[0]?.toFixed(2)}`);
for (const name of names) {
  const bench = BENCHES[name];
  if (bench === undefined)
    throw new Error(`There is no benchmark ${name}. There are: ${Object.keys(BENCHES).join(', ')}.`);
  const figures = await bench();
  console.log(renderTable(name, figures));
  console.log(JSON.stringify({ bench: name, figures }));
}
