import { describe, expect, it } from 'vitest';
import { NOON, aReport, aResult } from '../../../test/lib/fixtures.ts';
import { type DecodedEvent, decodeEvent } from '../codec/event.ts';
import { type Header, peekHeader } from '../codec/header.ts';
import { decodeEnvelope } from '../envelope/envelope.ts';
import { TEST_CLUSTER, testKeys } from '../envelope/testing.ts';
import { type OwnReport, type Voice, createVoice } from './voice.ts';

interface Said {
  readonly type: string;
  readonly header: Header | undefined;
  readonly event: DecodedEvent | undefined;
}

function aVoice(): { readonly voice: Voice; readonly said: Said[] } {
  const said: Said[] = [];
  const voice = createVoice({
    keys: testKeys(1),
    clusterId: TEST_CLUSTER,
    node: 'node-a',
    epoch: 'AQIDBAUGBwg',
    publish(envelope) {
      const decoded = decodeEnvelope(envelope);
      if (!decoded.ok) throw new Error(decoded.why);
      const { type, payload } = decoded.envelope;
      said.push({ type, header: peekHeader(payload), event: decodeEvent(payload) });
      return { kind: 'known' };
    },
  });
  return { voice, said };
}

const content =
  (ageMs = 0, status: 'ok' | 'absent' = 'ok'): (() => OwnReport) =>
  () => ({
    report: aReport([aResult({ ageMs, status })]),
    madeAt: NOON,
    edges: [],
    store: { state: 'ok', since: NOON, message: '' },
    addresses: [],
  });
const notice = (message: string) => ({ kind: 'agent-notice', at: NOON, node: 'node-a', message }) as const;

describe('voice', () => {
  it('says nothing before it has a boot, and no event before a report', () => {
    const { voice, said } = aVoice();
    expect(voice.report(content(), true)).toBeUndefined();
    voice.event(notice('first'));
    voice.claimName({ generation: 1 });
    voice.leave('restart');
    expect(said).toEqual([]);

    voice.speak(3);
    voice.report(content(), true);

    expect(said.map(({ type }) => type)).toEqual(['report', 'event']);
    expect(said[1]?.event?.header).toMatchObject({ boot: 3, sequence: 1 });
  });

  it('counts every report, and its content only where more than ages changed', () => {
    const { voice, said } = aVoice();
    voice.speak(1);
    voice.report(content(0), false);
    expect(voice.report(content(1000), false)).toBeUndefined();
    voice.report(content(1000), true);
    voice.report(content(0, 'absent'), false);

    expect(said.map(({ header }) => [header?.sequence, header?.contentSequence])).toEqual([
      [1, 1],
      [2, 1],
      [3, 3],
    ]);
  });

  it('begins all counts but the place of events anew with another boot', () => {
    const { voice, said } = aVoice();
    for (const boot of [1, 2]) {
      voice.speak(boot);
      voice.report(content(), false);
      voice.event(notice('x'));
      voice.claimName({ generation: boot });
      voice.leave('shutdown');
    }

    const second = said.slice(4);
    expect(second.map(({ type, header }) => [type, header?.boot, header?.sequence])).toEqual([
      ['report', 2, 1],
      ['event', 2, 1],
      ['binding', 2, 1],
      ['leaving', 2, 1],
    ]);
    expect(second[1]?.event?.place).toBe(2);
  });

  it('drops the oldest events of too many that wait', () => {
    const { voice, said } = aVoice();
    for (let at = 0; at < 100; at += 1) voice.event(notice(`${at}`));
    voice.speak(1);
    voice.report(content(), true);

    expect(said).toHaveLength(65);
    expect(said[1]?.event?.event).toMatchObject({ message: '36' });
  });
});
