/** What the bundle promises: commands that scripts call often load little. */
import { expect, it } from 'vitest';
import { bundle, loadedWith } from './build/bundle.ts';

const { metafile } = await bundle();
const packagesOf = (source: string): string[] =>
  [...loadedWith(metafile, source)]
    .flatMap((path) => /node_modules\/((?:@[^/]+\/)?[^/]+)/.exec(path)?.[1] ?? [])
    .sort();

it.each(['agent/main.ts', 'agent/cli/health.ts', 'agent/cli/version.ts'])('loads no package for %s', (source) => {
  expect(packagesOf(source)).toEqual([]);
  expect(loadedWith(metafile, source)).toContain(source);
});

it('sees what the agent loads', () => {
  expect(packagesOf('agent/cli/agent.ts')).toContain('fastify');
});

it('bundles TypeBox without the builders that nobody uses', () => {
  const inputs = Object.values(metafile.outputs).flatMap((output) => Object.entries(output.inputs));
  const bytes = inputs
    .filter(([path]) => path.includes('/typebox/'))
    .reduce((sum, [, one]) => sum + one.bytesInOutput, 0);
  expect(bytes).toBeGreaterThan(10_000);
  // All of it is 150 kB.
  expect(bytes).toBeLessThan(90_000);
});
