import { describe, expect, it } from 'vitest';
import { createRandom } from '../../../test/lib/random.ts';
import { MAX_NOTE_BYTES } from '../../model/board.ts';
import { makeNote, readNote } from './note.ts';
import type { RuleNote, RuleWord } from './word.ts';

const NOW = 1_000_000_000;
const aWord = (change: Partial<RuleWord> = {}): RuleWord => ({
  fingerprint: '0123456789abcdef',
  rule: 'busy',
  key: 'prod/api',
  severity: 'warning',
  sentence: 'prod/api: BackOff, 5 times',
  facts: { reason: 'BackOff', count: '5' },
  nodes: ['node-1'],
  round: 3,
  receivers: ['ops'],
  isLocal: false,
  isSure: true,
  sinceMs: NOW - 90_000,
  lastMs: NOW - 3000,
  saidMs: NOW,
  roundMs: NOW - 8000,
  ...change,
});
const aNote = (change: Partial<RuleNote> = {}): RuleNote => ({
  head: { set: 'abcdef012345', unknown: [], absent: [], omitted: 0 },
  words: [aWord()],
  legacies: [],
  ...change,
});
const overTheWire = (note: RuleNote): RuleNote =>
  readNote(JSON.parse(JSON.stringify(makeNote(note, NOW))) as readonly unknown[], NOW);

it('is read as it was made', () => {
  const note = aNote({
    head: {
      set: 'abcdef012345',
      judging: { sinceMs: NOW - 7000, untilMs: NOW - 1000 },
      unknown: [{ why: 'nobody may read the events', rules: [0, 4] }],
      absent: [3],
      omitted: 2,
    },
    words: [
      aWord(),
      aWord({ fingerprint: 'f'.repeat(16), endedMs: NOW - 500, isLocal: true, isSure: false, receivers: [] }),
    ],
    legacies: [{ isLocal: false, madeMs: NOW - 1000, items: [{ rule: 'busy' }] }],
  });
  expect(overTheWire(note)).toEqual(note);
});

it('is read though a rule has had more rounds than anybody counts', () => {
  const { words } = overTheWire(aNote({ words: [aWord({ round: 100_000 })] }));
  expect(words).toEqual([aWord({ round: 99_999 })]);
});

it('does not say when a round was let through where that is when it began, as older ones never did', () => {
  const { roundMs: _none, ...older } = aWord();
  const [head, ...items] = makeNote(aNote({ words: [aWord({ roundMs: aWord().sinceMs + 900 })] }), NOW);
  expect(items).toEqual([makeNote(aNote({ words: [older] }), NOW)[1]]);
  expect(readNote([head, ...items], NOW).words).toEqual([older]);
});

it('says of one that fires again that it fires, whatever it says of its end', () => {
  const ended = aWord({ endedMs: NOW - 5000 });
  for (const words of [
    [ended, aWord()],
    [aWord(), ended],
  ])
    expect(overTheWire(aNote({ words })).words).toEqual([aWord()]);
});

it('has what fires before what is over, the gravest and newest first, and says how many had no room', () => {
  const words = Array.from({ length: 400 }, (_, index) =>
    aWord({
      fingerprint: index.toString(16).padStart(16, '0'),
      severity: index % 100 === 0 ? 'critical' : 'info',
      sinceMs: NOW - index * 1000,
      facts: { message: 'x'.repeat(300) },
      ...(index >= 200 && { endedMs: NOW - index }),
    }),
  );
  const items = makeNote(aNote({ words }), NOW);
  expect(Buffer.byteLength(JSON.stringify(items))).toBeLessThanOrEqual(MAX_NOTE_BYTES);
  const { head, words: read } = readNote(items, NOW);
  expect(read.length).toBeGreaterThan(80);
  expect(read.slice(0, 3).map(({ fingerprint }) => Number.parseInt(fingerprint, 16))).toEqual([0, 100, 1]);
  expect(read.every(({ endedMs }) => endedMs === undefined)).toBe(true);
  expect(head.omitted).toBe(200 - read.length);
});

it('tells the most frequent of many reasons, and of the rest that they are unknown as well', () => {
  const unknown = Array.from({ length: 60 }, (_, index) => ({ why: `reason ${index}`, rules: [index] }));
  const { head } = overTheWire(aNote({ head: { ...aNote().head, unknown } }));
  expect(head.unknown.flatMap(({ rules }) => rules).toSorted((a, b) => a - b)).toEqual([...unknown.keys()]);
});

describe('of somebody who does not keep the rules', () => {
  it('is read as far as it can be', () => {
    const [head, word] = makeNote(aNote(), NOW) as [object, unknown[]];
    const odd = [...word];
    odd[11] = 'one\nline\u202e';
    odd[12] = { reason: 'a\u0007b', __proto__x: 'no', 'x y': 'no', ['k'.repeat(50)]: 'no', ok: 5 };
    odd[10] = Array.from({ length: 100 }, () => 'n'.repeat(1000));
    const { words } = readNote([head, 'x', null, 7, [], [[]], {}, { state: 'x' }, odd], NOW);
    expect(words).toHaveLength(1);
    expect(words[0]).toMatchObject({ sentence: 'one line', facts: { reason: 'a b' } });
    expect(words[0]?.nodes.map(({ length }) => length)).toEqual(Array.from({ length: 16 }, () => 253));
  });

  it('never throws', () => {
    const random = createRandom(7);
    const good = makeNote(aNote({ legacies: [{ isLocal: true, madeMs: NOW, items: [1] }] }), NOW);
    const texts = ['""', '-1', '1e999', 'null', '[]', '{}', '[[[]]]', 'true', '"\\ud800"', '9007199254740993'];
    for (let round = 0; round < 3000; round += 1) {
      const text = JSON.stringify(good);
      const at = random.integer(text.length);
      const broken = text.slice(0, at) + random.pick(texts) + text.slice(at + random.integer(20));
      let items: unknown;
      try {
        items = JSON.parse(broken);
      } catch {
        continue;
      }
      if (!Array.isArray(items)) continue;
      for (const { sinceMs, lastMs, round: of } of readNote(items, NOW).words)
        expect([sinceMs, lastMs, of].every(Number.isFinite)).toBe(true);
    }
  });
});
