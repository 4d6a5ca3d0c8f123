/** Lists the tests that passed only when they ran again, and why not at once: each shows a defect, of the product or of the test. */
import type { Reporter, TestModule } from 'vitest/node';

export const createRetryReporter = (): Reporter => ({
  onTestRunEnd(modules: readonly TestModule[]) {
    for (const { children, relativeModuleId } of modules) {
      for (const test of children.allTests()) {
        const { flaky = false } = test.diagnostic() ?? {};
        if (!flaky) continue;
        process.stdout.write(`passed the second time: ${relativeModuleId} > ${test.fullName}\n`);
        for (const { message, diff = '', stacks = [] } of test.result().errors ?? []) {
          const places = stacks.map(({ file, line }) => `at ${file}:${line}`);
          process.stdout.write(`${[message, diff, ...places].filter((text) => text !== '').join('\n')}\n`);
        }
      }
    }
  },
});
