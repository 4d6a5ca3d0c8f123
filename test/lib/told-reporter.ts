/** Prints what was told of each fault, and how soon, as one table: what tests note with `noteTold`. */
import type { Reporter, TestModule } from 'vitest/node';
import { type Figure, renderTable } from '../../bench/lib/table.ts';

export const createToldReporter = (): Reporter => ({
  onTestRunEnd(modules: readonly TestModule[]) {
    const figures = modules.flatMap(({ children }) =>
      [...children.allTests()].flatMap((test) =>
        (test.meta().told ?? []).map(({ fault, reason, tookMs, boundMs }): Figure => ({
          what: fault,
          value: tookMs / 1000,
          unit: 's',
          target: `< ${(boundMs / 1000).toFixed(0)} s`,
          note: reason,
        })),
      ),
    );
    if (figures.length > 0)
      process.stdout.write(`${renderTable('Faults, how soon they were told, and as what', figures)}\n`);
  },
});
