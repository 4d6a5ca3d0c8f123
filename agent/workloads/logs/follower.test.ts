import {
  appendFileSync,
  mkdtempSync,
  renameSync,
  rmSync,
  symlinkSync,
  truncateSync,
  utimesSync,
  writeFileSync,
} from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterEach, beforeEach, describe, expect, it } from 'vitest';
import { type Follower, createFollower } from './follower.ts';

const ROOM = 1024 * 1024;
const now = (): number => Date.UTC(2026, 10, 23, 11);
const at = (second: number): string => new Date(Date.UTC(2026, 10, 23, 10, 0, second)).toISOString();
const line = (text: string, second = 0): string => `${at(second)} stdout F ${text}\n`;

let directory: string;
const path = (name: string): string => join(directory, name);
beforeEach(() => {
  directory = mkdtempSync(join(tmpdir(), 'meerkat-follower-'));
});
afterEach(() => rmSync(directory, { recursive: true }));

describe('that reads lines', () => {
  let texts: string[];
  let follower: Follower;
  beforeEach(() => {
    texts = [];
    follower = createFollower({ directory, now, onLine: ({ text }) => texts.push(text) });
  });
  afterEach(() => follower.close());

  it('takes what is new at each look, and when it was written', () => {
    writeFileSync(path('0.log'), line('one'));
    expect(follower.poll(ROOM)).toMatchObject({ restarts: 0, lastWriteAt: Date.parse(at(0)) });
    appendFileSync(path('0.log'), line('two', 5) + line('three', 7).slice(0, 20));
    expect(follower.poll(ROOM)?.lastWriteAt).toBe(Date.parse(at(5)));
    appendFileSync(path('0.log'), line('three', 7).slice(20));
    expect(follower.poll(ROOM)).toMatchObject({ lastWriteAt: Date.parse(at(7)), droppedBytes: 0 });
    expect(texts).toEqual(['one', 'two', 'three']);
  });

  it('loses and doubles nothing when the log is rotated between two looks, with an empty file after it', () => {
    writeFileSync(path('0.log'), line('one'));
    follower.poll(ROOM);
    appendFileSync(path('0.log'), line('two', 1));
    renameSync(path('0.log'), path('0.log.20261123-100001'));
    writeFileSync(path('0.log'), '');
    expect(follower.poll(ROOM)?.lastWriteAt).toBe(Date.parse(at(1)));
    appendFileSync(path('0.log'), line('three', 2));
    follower.poll(ROOM);
    expect(texts).toEqual(['one', 'two', 'three']);
  });

  it('reads on where the new file is not there yet', () => {
    writeFileSync(path('0.log'), line('one'));
    follower.poll(ROOM);
    renameSync(path('0.log'), path('0.log.20261123-100001'));
    appendFileSync(path('0.log.20261123-100001'), line('late'));
    follower.poll(ROOM);
    writeFileSync(path('0.log'), line('next'));
    follower.poll(ROOM);
    expect(texts).toEqual(['one', 'late', 'next']);
  });

  it('begins anew with another run of the container, after the last words of the one before', () => {
    writeFileSync(path('0.log'), line('one'));
    follower.poll(ROOM);
    appendFileSync(path('0.log'), line('panic'));
    writeFileSync(path('1.log'), line('hello', 30));
    expect(follower.poll(ROOM)).toMatchObject({ restarts: 1, lastWriteAt: Date.parse(at(30)) });
    expect(texts).toEqual(['one', 'panic', 'hello']);
  });

  it('takes a file that was cut from its beginning', () => {
    writeFileSync(path('0.log'), line('a long first line') + line('two'));
    follower.poll(ROOM);
    truncateSync(path('0.log'));
    appendFileSync(path('0.log'), line('new'));
    follower.poll(ROOM);
    expect(texts).toEqual(['a long first line', 'two', 'new']);
  });

  it('skips what is too much, tells how much, and goes on with a whole line', () => {
    writeFileSync(path('0.log'), line('first'));
    follower.poll(ROOM);
    appendFileSync(path('0.log'), Array.from({ length: 1000 }, (_, index) => line(`line ${index}`)).join(''));
    const seen = follower.poll(1000);
    expect(seen?.droppedBytes).toBeGreaterThan(30_000);
    expect(seen?.bytes).toBeGreaterThan(seen?.droppedBytes ?? 0);
    expect(texts.at(-1)).toBe('line 999');
    expect(texts.length).toBeLessThan(40);
    expect(texts.slice(1).every((text) => /^line \d+$/.test(text))).toBe(true);
  });

  it('looks back only so far in a log that it meets for the first time', () => {
    const many = Array.from({ length: 20_000 }, (_, index) => line(`line ${index}`)).join('');
    writeFileSync(path('0.log'), many);
    const seen = follower.poll(ROOM);
    expect(seen?.droppedBytes).toBe(0);
    expect(texts.at(-1)).toBe('line 19999');
    expect(texts.length).toBeGreaterThan(5000);
    expect(texts.length).toBeLessThan(8000);
  });

  it('joins a line that begins in one file and ends in the next', () => {
    writeFileSync(path('0.log'), line('one').replace(' F ', ' P '));
    follower.poll(ROOM);
    renameSync(path('0.log'), path('0.log.20261123-100001'));
    writeFileSync(path('0.log'), line(' and two'));
    follower.poll(ROOM);
    expect(texts).toEqual(['one and two']);
  });

  it('tells from when on it has read every line', () => {
    writeFileSync(path('0.log'), line('one'));
    const met = follower.poll(ROOM);
    expect(met?.readSince).toBe(met?.startedAt);
    appendFileSync(path('0.log'), line('x'.repeat(5000)));
    expect(follower.poll(1000)?.readSince).toBe(now());
  });

  it('does not take a link that leads nowhere for a log without a line', () => {
    symlinkSync('/nowhere/at/all', path('0.log'));
    expect(() => follower.poll(ROOM)).toThrow(/leads nowhere/);
    expect(() => createFollower({ directory, now }).poll(ROOM)).toThrow(/leads nowhere/);
  });

  it('says nothing of a container without a log, and finds one that comes', () => {
    expect(follower.poll(ROOM)).toBeUndefined();
    writeFileSync(path('3.log'), line('one'));
    expect(follower.poll(ROOM)?.restarts).toBe(3);
    expect(createFollower({ directory: path('nothing'), now }).poll(ROOM)).toBeUndefined();
  });
});

describe('that reads nothing', () => {
  const setTime = (name: string, second: number): void => {
    utimesSync(path(name), Date.parse(at(second)) / 1000, Date.parse(at(second)) / 1000);
  };

  it('knows when the log was last written to, and how much', () => {
    const follower = createFollower({ directory, now });
    writeFileSync(path('0.log'), line('one'));
    setTime('0.log', 3);
    expect(follower.poll(ROOM)).toMatchObject({ lastWriteAt: Date.parse(at(3)), bytes: 0 });
    appendFileSync(path('0.log'), line('two'));
    setTime('0.log', 9);
    expect(follower.poll(ROOM)).toMatchObject({ lastWriteAt: Date.parse(at(9)), bytes: line('two').length });
  });

  it('takes no rotation for a sign of life', () => {
    const follower = createFollower({ directory, now });
    writeFileSync(path('0.log'), line('one'));
    setTime('0.log', 3);
    follower.poll(ROOM);
    renameSync(path('0.log'), path('0.log.20261123-100500'));
    writeFileSync(path('0.log'), '');
    setTime('0.log', 40);
    expect(follower.poll(ROOM)?.lastWriteAt).toBe(Date.parse(at(3)));
  });

  it('knows nothing of a log that was never written to', () => {
    writeFileSync(path('0.log'), '');
    expect(createFollower({ directory, now }).poll(ROOM)?.lastWriteAt).toBeUndefined();
  });
});
