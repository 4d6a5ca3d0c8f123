/** What the bundle promises: commands that scripts call often, and the processes beside the agent, load little. */
import { readFileSync } from 'node:fs';
import { dirname, join } from 'node:path';
import { expect, it } from 'vitest';
import { bundle, loadedWith } from './build/bundle.ts';

const { metafile } = await bundle();
const packagesOf = (source: string): string[] =>
  [...loadedWith(metafile, source)]
    .flatMap((path) => /node_modules\/((?:@[^/]+\/)?[^/]+)/.exec(path)?.[1] ?? [])
    .sort();

it.each([
  'agent/main.ts',
  'agent/cli/health.ts',
  'agent/cli/version.ts',
  'agent/cli/runtime-probe.ts',
  'agent/store/child.ts',
])('loads no package for %s', (source) => {
  expect(packagesOf(source)).toEqual([]);
  expect(loadedWith(metafile, source)).toContain(source);
});

it('sees what the agent loads', () => {
  expect(packagesOf('agent/cli/agent.ts')).toContain('fastify');
});

it('puts the store process where the agent looks for it', () => {
  const source = readFileSync(join(import.meta.dirname, '../agent/store/store.ts'), 'utf8');
  const file = /'\.\/([\w-]+\.js)'/.exec(source)?.[1] ?? 'nothing';
  expect(metafile.outputs[`dist/${file}`]?.entryPoint).toBe('agent/store/child.ts');
});

it('puts every file beside the page: the agent looks for it from the chunk that its code is in', () => {
  const folders = Object.keys(metafile.outputs).map((path) => dirname(path));
  expect([...new Set(folders)]).toEqual(['dist']);
});
