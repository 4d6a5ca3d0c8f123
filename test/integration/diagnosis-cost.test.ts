/** What a diagnosis costs: real time, so it is no unit test. The bounds are the design's; asserted at four times. */
import { expect, it } from 'vitest';
import { diagnose } from '../../agent/diagnosis/diagnose.ts';
import { CATALOGUE, NOW, createScene, failing } from '../../agent/diagnosis/testing.ts';
import type { ClusterState } from '../../agent/model/cluster-state.ts';

const ROUNDS = 15;

/** A tenth of the nodes is lost, a ninth of the others reports three problems of which one explains another. */
function troubled(size: number): ClusterState {
  const names = Array.from({ length: size }, (_, index) => (index < 5 ? `m${index}` : `w${index}`));
  const scene = createScene(names).powerOff(...names.filter((_, index) => index % 10 === 7));
  for (const name of names.filter((_, index) => index % 9 === 0)) {
    scene.report(
      name,
      failing('disk-space', 'DiskFull', 'no room', { subject: '/' }),
      failing('container-runtime', 'RuntimeDown', 'nobody listens'),
      failing('container-start', 'ContainersCannotStart', 'connection refused'),
    );
  }
  return scene.from('m1');
}

const well = (size: number): ClusterState =>
  createScene(Array.from({ length: size }, (_, index) => `m${index}`)).from('m1');

function medianMs(state: ClusterState): number {
  const times = Array.from({ length: ROUNDS }, () => {
    const startedAt = performance.now();
    diagnose(state, NOW, CATALOGUE);
    return performance.now() - startedAt;
  });
  return times.sort((a, b) => a - b)[Math.floor(ROUNDS / 2)] ?? Infinity;
}

it.each([
  [100, 5],
  [5000, 50],
])('of %i nodes takes less than %i ms', (size, boundMs) => {
  const measured = { well: medianMs(well(size)), troubled: medianMs(troubled(size)) };

  process.stdout.write(
    `${size} nodes: ${measured.well.toFixed(1)} ms when all is well, ${measured.troubled.toFixed(1)} ms in trouble (bound ${boundMs} ms)\n`,
  );
  expect(measured.well).toBeLessThan(4 * boundMs);
  expect(measured.troubled).toBeLessThan(4 * boundMs);
});
