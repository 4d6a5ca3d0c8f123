import { expect, it } from 'vitest';
import { CHECKS, KUBELET_DOWN, MIXED_RESULTS, aState } from '../../test/lib/fixtures.ts';
import { snapshot } from './snapshot.ts';

it('leaves behind what was known, and when', () => {
  const { text, json } = snapshot(aState(MIXED_RESULTS), KUBELET_DOWN, CHECKS);

  expect(text).toMatch(/^DEGRADED {2}The kubelet on node-a refuses connections/);
  expect(text).toMatch(/\nWritten 2026-01-01T11:59:59.000Z by Meerkat; the agent may have stopped since.\n$/);
  expect(JSON.parse(json)).toMatchObject({
    status: { status: 'degraded', at: '2026-01-01T11:59:59.000Z' },
    nodes: [{ node: 'node-a', checks: [{}, {}, {}, {}, {}] }],
  });
});
