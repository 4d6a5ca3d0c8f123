/** Prints how much heap an agent takes that knows so many members: `node --expose-gc heap-child.ts MEMBERS`. */
import process from 'node:process';
import { startLone } from './lone.ts';
import { createPopulation } from './population.ts';

const SETTLE_MS = 15_000;

const collect = (): NodeJS.MemoryUsage => {
  for (let round = 0; round < 4; round += 1) global.gc?.();
  return process.memoryUsage();
};

const population = createPopulation(Number(process.argv[2]));
const before = collect();
const lone = await startLone(population);
await lone.run(SETTLE_MS);
// What the agent around the mesh does every second leaves traces, too.
lone.agent.diagnose();
lone.agent.mesh.changes();
const after = collect();
const known = lone.agent.mesh.state().mesh.members.length;
console.log(
  JSON.stringify({ known, heap: after.heapUsed - before.heapUsed, external: after.arrayBuffers - before.arrayBuffers }),
);
process.exit(0);
