/** A real cut, asked from a desk that reaches both of its sides: `meerkat status --from` settles what neither side can. */
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { eventually } from '../lib/agent-process.ts';
import { QUIET_CHECKS, createAgentCluster, isWhole } from './lib/agents.ts';
import { MAIN } from './lib/cluster.ts';
import { createLab } from './lib/lab/lab.ts';
import type { Lab, LabHost } from './lib/lab/types.ts';
import { whyNoLab } from './lib/lab/why-no-lab.ts';
import { type Said, type Watch, createWatch } from './lib/watch.ts';

const missing = whyNoLab();
if (missing !== undefined) process.stderr.write(`mesh-sides: skipped, ${missing}\n`);

const AGENTS = ['n1', 'n2', 'n3', 'n4'];
const ANSWERS_MS = 30_000;

describe.skipIf(missing !== undefined)('a cut in two', () => {
  let lab: Lab;
  let watch: Watch;
  const hosts = (...names: readonly string[]): LabHost[] => names.map((name) => lab.host(name));
  const askFrom = (...names: readonly string[]): Promise<string> =>
    lab.host('desk').exec(process.execPath, [
      MAIN,
      'status',
      '--from',
      hosts(...names)
        .map(({ address }) => address)
        .join(','),
    ]);
  const isHealthy = ({ status }: Said): boolean => isWhole(status, AGENTS.length) && status.status === 'healthy';
  const hasLost =
    (...names: readonly string[]) =>
    ({ states }: Said): boolean =>
      names.every((name) => states[name] === 'unreachable');

  beforeAll(async () => {
    lab = await createLab({ hosts: [...AGENTS, 'desk'] });
    const agents = createAgentCluster(hosts(...AGENTS));
    await Promise.all(hosts(...AGENTS).map((host) => agents.start(host, QUIET_CHECKS)));
    watch = createWatch(hosts(...AGENTS));
    await watch.until(hosts(...AGENTS), 'all are healthy', isHealthy);
  });
  afterAll(async () => {
    await watch?.stop();
    await lab?.remove();
  });

  it('is told as its two sides, each of which is known to live', async () => {
    await lab.partition([
      ['n1', 'n2'],
      ['n3', 'n4'],
    ]);
    await watch.until(hosts('n1', 'n2'), 'n3 and n4 are lost', hasLost('n3', 'n4'));
    await watch.until(hosts('n3', 'n4'), 'n1 and n2 are lost', hasLost('n1', 'n2'));
    const both = await askFrom('n1', 'n3');
    expect(both).toMatch(/^[A-Z]+ {2}2 sides that do not reach each other: n1 and n2 \| n3 and n4\.\n/);
    expect(both).toContain('Settled: n1 and n2 are alive, and not powered off: their own side sees them');
    expect(both).toContain('Settled: n3 and n4 are alive, and not powered off: their own side sees them');
    // Of the findings, that is: the sentence of each side is its own.
    expect(both).not.toContain('could be');

    // One side alone cannot tell.
    const one = await askFrom('n1', 'n2');
    expect(one).toContain('Side 1: n1 and n2; asked n1 and n2');
    expect(one).toContain('powered off, or cut off from n1 and n2');
    expect(one).not.toContain('are alive');
  });

  it('leaves open what neither side sees', async () => {
    await lab.host('n4').powerOff();
    await watch.until(hosts('n3'), 'n4 is lost', hasLost('n4'));
    const text = await eventually(
      () => askFrom('n1', 'n3', 'n4'),
      (said) => said.includes('n1 and n2 | n3'),
      ANSWERS_MS,
    );
    expect(text).toMatch(/^No answer: /m);
    expect(text).toContain('Not settled: no side that was asked sees n4: powered off');
    expect(text).toContain('Settled: n3 is alive, and not powered off');
    expect(text).not.toMatch(/n4 (is|are) alive/);
  });

  it('is one side again once it has healed', async () => {
    await lab.heal();
    await watch.until(hosts('n1', 'n2', 'n3'), 'they see each other', ({ states }) =>
      ['n1', 'n2', 'n3'].every((name) => states[name] === 'alive'),
    );
    const text = await eventually(
      () => askFrom('n1', 'n3'),
      (said) => said.includes('Side 1: n1, n2 and n3; asked n1 and n3'),
      ANSWERS_MS,
    );
    expect(text).not.toContain('Side 2');
    expect(text).toMatch(/^[A-Z]+ {2}n4 does not answer /);
  });
});
