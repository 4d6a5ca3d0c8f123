import { mkdirSync, mkdtempSync, rmSync, symlinkSync, utimesSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterEach, beforeEach, expect, it } from 'vitest';
import { readTails } from './log-tail.ts';

const POD = 'prod_api-x2k4p_uid-1';
const OF = { namespace: 'prod', pod: 'api-x2k4p', uid: 'uid-1', container: 'app', run: 0 };
const line = (text: string, stream = 'stdout', tag = 'F'): string =>
  `2026-01-01T12:00:00.000000001Z ${stream} ${tag} ${text}\n`;

let directory: string;
const write = (name: string, text: string, { pod = POD, container = 'app' } = {}): string => {
  mkdirSync(join(directory, pod, container), { recursive: true });
  const path = join(directory, pod, container, name);
  writeFileSync(path, text);
  return path;
};
const textsOf = (change: Partial<typeof OF> = {}): string[][] =>
  readTails(directory, { ...OF, ...change }).logs.map(({ lines }) => lines.map(({ text }) => text));

beforeEach(() => {
  directory = mkdtempSync(join(tmpdir(), 'meerkat-tail-'));
});
afterEach(() => rmSync(directory, { recursive: true }));

it('is of the run that ended, with the one after it and the one before it', () => {
  write('0.log', line('first'));
  write('1.log', line('second'));
  expect(textsOf()).toEqual([['first'], ['second']]);
  expect(textsOf({ run: 1 })).toEqual([['second'], ['first']]);
  write('2.log', line('third'));
  expect(textsOf({ run: 1 })).toEqual([['second'], ['third'], ['first']]);
  rmSync(join(directory, POD, 'app', '2.log'));
  expect(readTails(directory, { ...OF, run: undefined }).logs.map(({ run }) => run)).toEqual([1, 0]);
});

it('is of that run alone where no other is wanted: no other is read', () => {
  write('0.log', line('first'));
  write('1.log', line('second'));
  symlinkSync('/nowhere/at/all', join(directory, POD, 'app', '2.log'));
  expect(readTails(directory, { ...OF, run: 1 }).missing[0]).toContain('leads nowhere');
  expect(readTails(directory, { ...OF, run: 1, isAlone: true })).toMatchObject({ logs: [{ run: 1 }], missing: [] });
});

it('masks what gives a secret away, and says how many lines have some', () => {
  write('0.log', line('start') + line('password=hunter2', 'stderr') + line('\u001b[31mpass\u001b[0mword=hunter3'));
  const [log] = readTails(directory, OF).logs;
  expect(log).toMatchObject({ container: 'app', run: 0, isCut: false, maskedLines: 2, unreadableLines: 0 });
  expect(log?.lines).toEqual([
    { at: Date.UTC(2026, 0, 1, 12), stream: 'stdout', text: 'start' },
    { at: Date.UTC(2026, 0, 1, 12), stream: 'stderr', text: 'password=[redacted]' },
    { at: Date.UTC(2026, 0, 1, 12), stream: 'stdout', text: 'password=[redacted]' },
  ]);
});

it('is at most 200 lines and 64 KiB, the last ones, of a file of any size', () => {
  write('0.log', Array.from({ length: 5000 }, (_, index) => line(`line ${index}`)).join(''));
  const [log] = readTails(directory, OF).logs;
  expect(log?.lines).toHaveLength(200);
  expect(log?.lines.at(-1)?.text).toBe('line 4999');
  expect(log?.isCut).toBe(true);

  write('0.log', Array.from({ length: 300 }, (_, index) => line(`${index} ${'x'.repeat(2000)}`)).join(''));
  const [wide] = readTails(directory, OF).logs;
  const bytes = wide?.lines.reduce((sum, { text }) => sum + text.length, 0) ?? 0;
  expect(bytes).toBeLessThanOrEqual(64 * 1024);
  expect(bytes).toBeGreaterThan(60 * 1024);
  expect(wide?.lines.at(-1)?.text.startsWith('299 ')).toBe(true);
});

it('shows the beginning of a line that is too long, and not the rest of one whose beginning was not read', () => {
  const part = 'y'.repeat(16_000);
  const long = Array.from({ length: 30 }, () => line(part, 'stdout', 'P')).join('');
  write('0.log', `${line('gone')}${long}${line('secret rest')}${line('z'.repeat(9000))}${line('last')}`);
  const [texts = []] = textsOf();
  expect(texts.map((text) => text.slice(0, 5))).toEqual(['zzzzz', 'last']);
  expect(texts[0]).toMatch(/^z{4096}… \(4904 more\)$/);
});

it('goes on into the file before where it was rotated a moment ago, and takes what was killed inside of a line', () => {
  write('0.log.20260101-120000', line('before'));
  write('0.log', line('after') + line('killed here').slice(0, -1));
  expect(textsOf()).toEqual([['before', 'after', 'killed here']]);
});

it('says what it could not read', () => {
  expect(readTails(directory, OF)).toEqual({
    logs: [],
    missing: ['log: there is none of prod/api-x2k4p in the kubelet’s directory'],
  });
  write('2.log', line('third'));
  expect(readTails(directory, OF)).toMatchObject({
    logs: [{ run: 2 }],
    missing: ['log of run 0: the kubelet has removed it already'],
  });
  expect(readTails(directory, { ...OF, container: 'nobody' }).missing).toEqual([
    'log: prod/api-x2k4p, container nobody has none',
  ]);
  symlinkSync('/nowhere/at/all', join(directory, POD, 'app', '3.log'));
  expect(readTails(directory, { ...OF, run: 3 }).missing[0]).toContain('leads nowhere: is where it leads mounted?');
});

it('takes the newest directory of the pod where the UID is not known, and the container that wrote last', () => {
  write('0.log', line('old'), { pod: 'prod_api-x2k4p_uid-0' });
  write('0.log', line('helper'), { container: 'helper' });
  write('0.log', line('app'));
  utimesSync(join(directory, 'prod_api-x2k4p_uid-0'), 1000, 1000);
  utimesSync(join(directory, POD, 'helper'), 1000, 1000);
  expect(textsOf({ uid: 'other', container: '' })).toEqual([['app']]);
});

it('keeps no lines in a form that nobody knows', () => {
  write('0.log', `who wrote this password=x\n${line('well')}`);
  expect(readTails(directory, OF).logs[0]).toMatchObject({ lines: [{ text: 'well' }], unreadableLines: 1 });
});

it('never leaves the directory of the pod', () => {
  write('0.log', line('of the cluster'), { pod: 'kube-system_dns_uid-9' });
  write('0.log', line('well'));
  const refused = { logs: [], missing: ['log: no pod or container has a name like that'] };
  for (const change of [
    { container: '../../kube-system_dns_uid-9/app' },
    { container: '..' },
    { container: 'app/.' },
    { pod: 'api-x2k4p/app' },
    { namespace: '..' },
  ])
    expect(readTails(directory, { ...OF, ...change })).toEqual(refused);
});
