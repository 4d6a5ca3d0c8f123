import { expect, it } from 'vitest';
import { createFakeClock } from '../../../test/lib/fake-clock.ts';
import { NOON, aDiagnosis } from '../../../test/lib/fixtures.ts';
import { AgentError } from '../../base/errors.ts';
import { presentStatus } from '../../http/present.ts';
import type { Diagnosis } from '../../model/finding.ts';
import { type WatchForm, watch } from './watch.ts';

const bodyOf = (node: string, status: Diagnosis['status'] = 'healthy'): string =>
  JSON.stringify(
    presentStatus(aDiagnosis({ status, view: { node, members: 2, current: 2, component: 2, settled: true } }), NOON),
  );
const gone = (host: string): AgentError => new AgentError('unavailable', `No agent listens at ${host}:7575.`);

/** Two agents, each of which says what it was told to say; undefined: it does not answer. */
function start(form: WatchForm, said: Record<string, string | undefined>) {
  const clock = createFakeClock();
  const controller = new AbortController();
  const written: string[] = [];
  const asked: string[] = [];
  const options = { targets: ['m1', 'm2'].map((host) => ({ host, port: 7575 })), everyMs: 2000, form };
  const done = watch(options, {
    ask: async ({ host }) => {
      asked.push(host);
      const body = said[host];
      if (body === undefined) throw gone(host);
      return body;
    },
    write: (text) => void written.push(text),
    colour: (text) => text,
    size: () => ({ columns: 80, rows: 24 }),
    clock,
    signal: controller.signal,
  });
  return { clock, done, written, asked, stop: () => controller.abort() };
}

it('tells a line for each change with its time, and nothing without one', async () => {
  const said: Record<string, string | undefined> = { m1: bodyOf('m1') };
  const { clock, done, written, stop } = start('lines', said);
  await clock.advance(10_000);
  said['m1'] = bodyOf('m1', 'degraded');
  await clock.advance(2000);
  stop();
  await done;

  expect(written).toEqual([
    '2026-01-01 12:00:00Z  m1  healthy: Nothing is wrong on node-a.\n',
    '2026-01-01 12:00:12Z  m1  degraded, was healthy: Nothing is wrong on node-a.\n',
  ]);
});

it('goes on with the next agent when one is gone, stays with it, and outlives all of them', async () => {
  const said: Record<string, string | undefined> = { m1: bodyOf('m1'), m2: bodyOf('m2') };
  const { clock, done, written, asked, stop } = start('lines', said);
  await clock.advance(1000);
  said['m1'] = undefined;
  await clock.advance(2000);
  said['m1'] = bodyOf('m1');
  await clock.advance(2000);
  said['m1'] = said['m2'] = undefined;
  await clock.advance(10_000);
  said['m2'] = bodyOf('m2');
  await clock.advance(2000);
  stop();
  await done;

  expect(written.map((line) => line.slice(22).trimEnd())).toEqual([
    'm1  healthy: Nothing is wrong on node-a.',
    'No agent listens at m1:7575.',
    'now asking m2:7575',
    'm2  healthy: Nothing is wrong on node-a.',
    'No agent listens at m2:7575.',
    'No agent listens at m1:7575.',
    'nobody answers: trying again',
    'm2:7575 answers again',
  ]);
  expect(asked.slice(0, 4)).toEqual(['m1', 'm1', 'm2', 'm2']);
});

it('fails as the plain command does when nobody answers the first time', async () => {
  await expect(start('lines', {}).done).rejects.toThrow('No agent listens at m1:7575.');
});

it('draws the whole text over itself, and says who says it and who does not answer', async () => {
  const said: Record<string, string | undefined> = { m1: 'HEALTHY  Fine.\n', m2: 'HEALTHY  Fine here, too.\n' };
  const { clock, done, written, stop } = start('screen', said);
  await clock.advance(1000);
  said['m1'] = undefined;
  await clock.advance(2000);
  said['m2'] = undefined;
  await clock.advance(2000);
  stop();
  await done;
  // oxlint-disable-next-line no-control-regex -- what moves the cursor
  const screens = written.map((text) => text.replaceAll(/\u001b\[[HKJ]/g, ''));

  expect(screens).toEqual([
    'Every 2 s; m1:7575 said at 12:00:00 UTC; Ctrl-C ends\n\nHEALTHY  Fine.\n',
    'Every 2 s; m2:7575 said at 12:00:02 UTC; Ctrl-C ends\nNo agent listens at m1:7575.\n\nHEALTHY  Fine here, too.\n',
    'Nobody answers since 12:00:04 UTC; below is what was said last; Ctrl-C ends\nNo agent listens at m2:7575.\nNo agent listens at m1:7575.\n\nHEALTHY  Fine here, too.\n',
  ]);
});

it('gives the status as JSON after each change', async () => {
  const said: Record<string, string | undefined> = { m1: bodyOf('m1') };
  const { clock, done, written, stop } = start('json', said);
  await clock.advance(10_000);
  stop();
  await done;

  expect(written).toEqual([`${bodyOf('m1')}\n`]);
});
