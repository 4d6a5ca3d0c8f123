/** Eight agents whose network falls apart in two and in three: what each side says meanwhile, and that nothing of it stays. */
import { afterAll, beforeAll, beforeEach, describe, it } from 'vitest';
import { expectCutAndHeal } from './lib/cut.ts';
import { type Fleet, createFleet } from './lib/fleet.ts';
import { whyNoLab } from './lib/lab/why-no-lab.ts';

const missing = whyNoLab();
if (missing !== undefined) process.stderr.write(`mesh-cuts: skipped, ${missing}\n`);

/** Design section 13, for a cut of 5 s. */
const HEAL_MS = 1500;
const CUT_FOR_MS = 5000;

describe.skipIf(missing !== undefined)('cuts through eight', () => {
  let fleet: Fleet;

  beforeAll(async () => {
    fleet = await createFleet({ size: 8 });
    await fleet.untilCalm();
  });
  // Also where one failed, the next one begins with nothing wrong.
  beforeEach(async () => {
    await fleet.lab.heal();
    await fleet.untilHealthy('all is well');
  });
  afterAll(() => fleet?.remove());

  it('three of eight: the five miss three, a warning; the three miss most nodes, which is critical', () =>
    expectCutAndHeal(fleet, {
      sides: [
        { names: ['n1', 'n2', 'n3', 'n4', 'n5'], status: 'degraded' },
        { names: ['n6', 'n7', 'n8'], status: 'critical' },
      ],
      forMs: CUT_FOR_MS,
      healMs: HEAL_MS,
    }));

  it('three sides: none has most of the nodes, and each says that it lost the two others', () =>
    expectCutAndHeal(fleet, {
      sides: [
        { names: ['n1', 'n4', 'n7'], status: 'critical' },
        { names: ['n2', 'n5', 'n8'], status: 'critical' },
        { names: ['n3', 'n6'], status: 'critical' },
      ],
      forMs: CUT_FOR_MS,
      healMs: HEAL_MS,
    }));
});
