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
