/** What each fault of the lab was called, and how soon: a line at once, and a row of the table at the end of the run. */
import { TestRunner } from 'vitest';

/** One fault that was put in, and what was said of it. */
export interface Told {
  readonly fault: string;
  readonly reason: string;
  readonly tookMs: number;
  /** What is promised. */
  readonly boundMs: number;
}

declare module 'vitest' {
  interface TaskMeta {
    told?: Told[];
  }
}

/** Call it within a test. */
export function noteTold(told: Told, sentence = ''): void {
  const { fault, reason, tookMs, boundMs } = told;
  process.stdout.write(
    `${fault} → ${reason}: told after ${tookMs} ms (bound ${boundMs} ms)${sentence && `: ${sentence}`}\n`,
  );
  const test = TestRunner.getCurrentTest();
  if (test !== undefined) (test.meta.told ??= []).push({ ...told, tookMs: Math.round(tookMs) });
}
