/** The same noise, and one input of it a little beyond what its check bears: the reason is raised. */
import { expect, it } from 'vitest';
import { CHECKS } from '../../checks/registry.ts';
import { PROFILES, inVirtualTime } from './noise/day.ts';
import { FAULTS, NOT_BY_DEFAULT } from './noise/faults.ts';
import { createNoisyNode } from './noise/node.ts';
import { MINUTE, SECOND } from './noise/part.ts';

const BEFORE_MS = 4 * MINUTE;
const LONGEST_MS = 12 * MINUTE;

const raisedBy = async (name: string): Promise<{ readonly before: readonly string[]; readonly afterMs?: number }> =>
  inVirtualTime(async (clock) => {
    const { role = 'worker', begin, beginning } = FAULTS[name] ?? { begin: () => {} };
    const [check = '', reason = ''] = name.split('/');
    const raised: string[] = [];
    const node = createNoisyNode(clock, {
      profile: PROFILES[role],
      role,
      seed: 1,
      checks: [check],
      ...(beginning !== undefined && { beginning }),
      onRun: ({ changes }) => changes.forEach((one) => one.kind === 'raised' && raised.push(one.problem.reason)),
    });
    if (beginning === undefined) await clock.advance(BEFORE_MS);
    const before = [...raised];
    begin(node.inputs, () => clock.monotonic());
    for (let afterMs = 0; afterMs <= LONGEST_MS; afterMs += SECOND) {
      if (raised.includes(reason)) return { before, afterMs };
      await clock.advance(SECOND);
    }
    return { before };
  });

it.each(Object.keys(FAULTS))('%s', async (name) => {
  const { before, afterMs } = await raisedBy(name);
  expect(before).toEqual([]);
  expect(afterMs, `raised within ${LONGEST_MS / MINUTE} min`).toBeDefined();
  process.stdout.write(`${name} after ${(afterMs ?? 0) / SECOND} s\n`);
});

it('every reason of a check that the noise knows has a fault', () => {
  const known = new Set(Object.keys(FAULTS).map((name) => name.split('/')[0]));
  const reasons = CHECKS.filter(({ id }) => known.has(id)).flatMap(({ id, reasons: all }) =>
    Object.keys(all).map((reason) => `${id}/${reason}`),
  );
  expect(reasons.filter((name) => !(name in FAULTS) && !NOT_BY_DEFAULT.includes(name))).toEqual([]);
});
