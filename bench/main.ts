/**
 * `npm run bench [-- NAME…] [--idle-seconds N]`: runs the benchmarks and prints a table and a line of JSON for each.
 * Build first: the bundle is measured too.
 *
 * `npm run bench -- mesh [--quick] [--only ROW,…] [--agents 8,32] [--product meerkat|serf]` takes 25 minutes, a quarter
 * of that where it is quick. It needs a machine that does nothing else; the load is printed beside each figure. Up to 100
 * agents run for real, with 64 and more only the rows `idle`, `event`, `killed` and `silent`.
 *
 * `npm run bench -- checks [--seconds 300]` measures all checks of a worker and of a master, so long each; it needs root.
 *
 * `npm run bench -- containers [--minutes 60] [--base FILE]` makes the image and measures it and its containers, at rest
 * and after so long a time in which everything comes and goes; `--base` is an archive of `deploy/base-image NAME:TAG FILE`.
 * `npm run bench -- prometheus [--seconds 300]` has a real Prometheus scrape eight agents for so long. Both need root; they
 * run only where they are named.
 *
 * `npm run bench -- page [--members 100,5000] [--minutes 30]` opens the page in Chromium, where it is
 * named; with minutes it looks at the heap only.
 *
 * `npm run bench -- logs [--seconds 120]` follows fifty logs, twice so long.
 *
 * `npm run bench -- rules` feeds rules for ten minutes of virtual time.
 *
 * `npm run bench -- scale [--members 100,1000,5000] [--only idle,killed,silent,storm,partition,heap]` simulates large
 * clusters.
 */
import { cpus, loadavg } from 'node:os';
import { parseArgs } from 'node:util';
import { type Figure, renderTable } from './lib/table.ts';

const { values, positionals } = parseArgs({
  allowPositionals: true,
  options: {
    'idle-seconds': { type: 'string', default: '300' },
    quick: { type: 'boolean', default: false },
    only: { type: 'string', default: '' },
    agents: { type: 'string', default: '' },
    product: { type: 'string', default: '' },
    members: { type: 'string', default: '' },
    minutes: { type: 'string', default: '' },
    base: { type: 'string', default: '' },
    seconds: { type: 'string', default: '300' },
  },
});

const listOf = (text: string): string[] => text.split(',').filter((item) => item !== '');

const BENCHES: Readonly<Record<string, () => Promise<readonly Figure[]>>> = {
  agent: async () => (await import('./agent.ts')).run(Number(values['idle-seconds'])),
  checks: async () => (await import('./checks.ts')).run(Number(values.seconds)),
  containers: async () => (await import('./containers.ts')).run(Number(values.minutes || 60), values.base),
  http: async () => (await import('./http.ts')).run(),
  logs: async () => (await import('./logs.ts')).run(Math.min(120, Number(values.seconds))),
  mesh: async () =>
    (await import('./mesh.ts')).run({
      quick: values.quick,
      only: listOf(values.only),
      agents: listOf(values.agents).map(Number),
      products: listOf(values.product),
    }),
  page: async () =>
    (await import('./page.ts')).run({
      members: listOf(values.members).map(Number),
      minutes: Number(values.minutes || 0),
    }),
  prometheus: async () => (await import('./prometheus.ts')).run(Number(values.seconds)),
  rules: async () => (await import('./rules.ts')).run(),
  scale: async () =>
    (await import('./scale.ts')).run({ members: listOf(values.members).map(Number), only: listOf(values.only) }),
  store: async () => (await import('./store.ts')).run(),
};

/** They need programs that no other one needs, and more time than all others together. */
const BY_NAME = new Set(['containers', 'page', 'prometheus']);

const names = positionals.length > 0 ? positionals : Object.keys(BENCHES).filter((name) => !BY_NAME.has(name));
console.log(`node ${process.version}, ${cpus().length} × ${cpus()[0]?.model}, load ${loadavg()[0]?.toFixed(2)}`);
for (const name of names) {
  const bench = BENCHES[name];
  if (bench === undefined)
    throw new Error(`There is no benchmark ${name}. There are: ${Object.keys(BENCHES).join(', ')}.`);
  const figures = await bench();
  console.log(renderTable(name, figures));
  console.log(JSON.stringify({ bench: name, figures }));
}
