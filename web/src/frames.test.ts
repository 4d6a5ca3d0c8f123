import { expect, it } from 'vitest';
import { whenSeen } from './frames.ts';

/** A browser whose frames and time are made by hand. */
function createBrowser() {
  let waiting: (() => void)[] = [];
  let timers: { readonly at: number; readonly callback: () => void }[] = [];
  let now = 0;
  let called = 0;
  let madeWith = 0;
  const pass = (ms: number): void => {
    now += ms;
    const due = timers.filter(({ at }) => at <= now);
    timers = timers.filter(({ at }) => at > now);
    for (const { callback } of due) callback();
  };
  return {
    frames: {
      request: (callback: () => void) => void waiting.push(callback),
      after: (ms: number, callback: () => void) => void timers.push({ at: now + ms, callback }),
    },
    /** A frame is made after those who waited for it were called. */
    frame: (): void => {
      const due = waiting;
      waiting = [];
      for (const callback of due) callback();
      madeWith = called;
      pass(0);
    },
    madeWith: () => madeWith,
    pass,
    call: () => {
      called += 1;
    },
    called: () => called,
  };
}

it('calls back once, after the frame that shows what was drawn', () => {
  const { frames, frame, pass, call, called, madeWith } = createBrowser();
  whenSeen(call, frames);
  frame();
  expect(madeWith()).toBe(0);
  expect(called()).toBe(1);
  pass(10_000);
  expect(called()).toBe(1);
});

it('calls back also where no frames are made', () => {
  const { frames, pass, call, called } = createBrowser();
  whenSeen(call, frames);
  pass(1000);
  expect(called()).toBe(1);
});

it('does not call back who has left', () => {
  const { frames, frame, pass, call, called } = createBrowser();
  const leave = whenSeen(call, frames);
  leave();
  frame();
  pass(10_000);
  expect(called()).toBe(0);
});
