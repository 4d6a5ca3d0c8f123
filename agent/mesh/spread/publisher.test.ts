import { expect, it } from 'vitest';
import { createFakeClock } from '../../../test/lib/fake-clock.ts';
import { type PublisherDeps, createPublisher } from './publisher.ts';

function setUp(changes: Partial<PublisherDeps> = {}) {
  const clock = createFakeClock();
  const sent: [number, string][] = [];
  const publisher = createPublisher({
    clock,
    isBraked: () => false,
    isNews: () => true,
    transport: {
      publish: async (_topic, bytes) => {
        sent.push([clock.monotonic(), Buffer.from(bytes).toString()]);
        return { kind: 'published', recipients: 1 };
      },
    },
    ...changes,
  });
  const submit = (type: string, text: string): void => publisher.submit(type, new Uint8Array(Buffer.from(text)));
  return { clock, sent, publisher, submit };
}

it('sends at once, then the newest of each type every 200 ms, who goes first', async () => {
  const { clock, sent, publisher, submit } = setUp();
  for (const text of ['a', 'b', 'c']) submit('event', text);
  submit('binding', 'mine');
  submit('leaving', 'bye');
  await clock.advance(2000);
  submit('event', 'd');
  await clock.advance(0);

  expect(sent).toEqual([
    [0, 'a'],
    [200, 'bye'],
    [400, 'mine'],
    [600, 'c'],
    [2000, 'd'],
  ]);
  expect(publisher.counts()).toMatchObject({ published: 5, coalesced: 1 });
});

it('leaves to sync what others have said, what is too long, and everything in a storm', async () => {
  let storm = false;
  const { clock, sent, publisher, submit } = setUp({
    isBraked: () => storm,
    isNews: (envelope) => Buffer.from(envelope).toString() !== 'known',
  });
  submit('event', 'known');
  submit('event', 'x'.repeat(513));
  submit('event', 'news');
  storm = true;
  submit('event', 'in the storm');
  await clock.advance(1000);

  expect(sent).toEqual([[0, 'news']]);
  expect(publisher.counts()).toEqual({ published: 1, coalesced: 0, quiet: 1, braked: 1, tooLarge: 1, failed: 0 });
});

it('is silent once it is stopped', async () => {
  const { clock, sent, publisher, submit } = setUp();
  submit('event', 'a');
  submit('event', 'b');
  publisher.stop();
  await clock.advance(1000);

  expect([sent.length, clock.pendingTimers()]).toEqual([1, 0]);
});
