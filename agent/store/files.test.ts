import { mkdtempSync, readFileSync, readdirSync, rmSync, statSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterEach, beforeEach, describe, expect, it } from 'vitest';
import { createFakeClock } from '../../test/lib/fake-clock.ts';
import { readBlocked, writeBlocked } from './blocked-file.ts';
import { createDiskProbe } from './disk-probe.ts';
import { faultOf, troubleOf } from './faults.ts';
import { createMarkFile, readMark } from './mark.ts';
import { parseProcessState, readProcessState } from './process-state.ts';
import { pruneSetAside, setAside } from './set-aside.ts';
import { writeStatusFiles } from './status-files.ts';

const HOUR = 3_600_000;
const now = (): number => Date.UTC(2026, 0, 1, 12);
let directory = '';

beforeEach(() => {
  directory = mkdtempSync(join(tmpdir(), 'meerkat-files-'));
});

afterEach(() => rmSync(directory, { recursive: true, force: true }));

const withCode = (code: string): Error => Object.assign(new Error(`it says ${code}`), { code });

describe('the note about a check that blocked the agent', () => {
  const path = (): string => join(directory, 'blocked.json');

  it('is read for a day', async () => {
    await writeBlocked(directory, { check: 'exec', at: now() });
    expect(statSync(path()).mode & 0o777).toBe(0o600);
    expect(readdirSync(directory)).toEqual(['blocked.json']);
    expect(readBlocked(directory, now() + 23 * HOUR)).toEqual({ check: 'exec', at: now() });
    expect(readBlocked(directory, now() + 25 * HOUR)).toBeUndefined();
  });

  it.each([
    ['no file', undefined],
    ['no JSON', '{"check":'],
    ['another shape', '[]'],
    ['no check', '{"check":"","at":1767268800000}'],
    ['no time', '{"check":"exec","at":"noon"}'],
  ])('says nothing: %s', (_, content) => {
    if (content !== undefined) writeFileSync(path(), content);
    expect(readBlocked(directory, now())).toBeUndefined();
  });
});

describe('databases set aside', () => {
  const file = (): string => join(directory, 'history.db');
  const aside = (content: string, minute: number): string => {
    writeFileSync(file(), content);
    writeFileSync(`${file()}-wal`, 'journal');
    return setAside(file(), minute % 2 === 0 ? 'corrupt' : 'newer', now() + minute * 60_000).path;
  };

  it('take their journal along and say when', () => {
    expect(aside('damaged', 0)).toBe(`${file()}.corrupt-20260101T120000.000Z`);
    expect(readdirSync(directory).sort()).toEqual([
      'history.db.corrupt-20260101T120000.000Z',
      'history.db.corrupt-20260101T120000.000Z-wal',
    ]);
  });

  it('are the newest two, and count', () => {
    const paths = [0, 1, 2].map((minute) => aside(`number ${minute}`, minute));
    writeFileSync(join(directory, 'history.db.corrupt-by-hand'), 'not ours to delete');
    expect(pruneSetAside(file(), 1000)).toBe(2 * ('number 0'.length + 'journal'.length));
    expect(readdirSync(directory).filter((name) => name.endsWith('Z'))).toEqual(
      paths
        .slice(1)
        .map((path) => path.slice(directory.length + 1))
        .sort(),
    );
    expect(readdirSync(directory)).toContain('history.db.corrupt-by-hand');
  });

  it('are deleted where they are larger than they may be', () => {
    aside('x'.repeat(5000), 0);
    expect(pruneSetAside(file(), 4000)).toBe(0);
    expect(readdirSync(directory)).toEqual([]);
  });
});

describe('the mark', () => {
  it('is what was written last, and has no name', () => {
    const marks = createMarkFile('test', ['/dev/shm']);
    const { file } = marks;
    if (file === undefined) throw new Error('no memory file system at /dev/shm');
    expect(readMark(file)).toBe('');
    marks.mark('container-runtime');
    expect(readMark(file)).toBe('container-runtime');
    marks.mark('dns');
    expect(readMark(file)).toBe('dns');
    marks.mark(undefined);
    expect(readMark(file)).toBe('');
    marks.mark('x'.repeat(100));
    expect(readMark(file)).toBe('x'.repeat(63));
    expect(readdirSync('/dev/shm').filter((name) => name.includes('meerkat-mark-test'))).toEqual([]);
    marks.close();
    expect(() => marks.mark('after it was closed')).not.toThrow();
  });

  it('is never on a disk', () => {
    const marks = createMarkFile('test', ['/proc', join(directory, 'missing')]);
    expect(marks.file).toBeUndefined();
    expect(() => marks.mark('etcd')).not.toThrow();
  });
});

describe('faults', () => {
  it.each([
    ['SQLITE_CORRUPT_VTAB', 'corrupt'],
    ['SQLITE_NOTADB', 'corrupt'],
    ['SQLITE_BUSY', 'locked'],
    ['SQLITE_FULL', 'full'],
    ['ENOSPC', 'full'],
    ['EDQUOT', 'full'],
    ['SQLITE_READONLY_DIRECTORY', 'read-only'],
    ['EROFS', 'read-only'],
    ['EACCES', 'read-only'],
    ['SQLITE_IOERR_WRITE', 'failed'],
    ['EIO', 'failed'],
    ['ERR_INVALID_ARG_TYPE', 'defect'],
  ])('%s is %s', (code, fault) => {
    expect(faultOf(withCode(code))).toBe(fault);
  });

  it('an error without a code is a defect', () => {
    expect(troubleOf(new RangeError('out of range'), directory)).toMatchObject({ state: 'failed', defect: true });
  });

  it('looks for the cause that SQLite hides', () => {
    const missing = join(directory, 'missing');
    expect(troubleOf(withCode('SQLITE_CANTOPEN'), missing)).toMatchObject({ state: 'failed', defect: false });
    expect(readdirSync(directory)).toEqual([]);
  });

  it('says where and what to do', () => {
    expect(troubleOf(withCode('ENOSPC'), directory).message).toBe(
      `no space is left for ${directory} (it says ENOSPC); make room, writing resumes`,
    );
  });
});

describe('/proc/PID/stat', () => {
  it.each([
    ['7 (node) S 1 7 7 0', 'S', 1],
    ['7 (a) R (b) c) D 42 7', 'D', 42],
  ])('%s', (stat, state, parent) => {
    expect(parseProcessState(stat)).toEqual({ state, parent });
  });

  it('is there for a process and not for none', () => {
    expect(readProcessState(process.pid)?.parent).toBe(process.ppid);
    expect(readProcessState(2 ** 30)).toBeUndefined();
  });
});

it('the disk probe writes in place and measures', () => {
  const clock = createFakeClock();
  let ticks = 0;
  const probe = createDiskProbe(directory, { ...clock, monotonic: () => (ticks += 7) });
  expect([probe(), probe(), probe()]).toEqual([7, 7, 7]);
  expect(statSync(join(directory, 'disk-probe'))).toMatchObject({ size: 4096 });
  const nowhere = createDiskProbe(join(directory, 'missing'), clock);
  expect(nowhere).toThrow('ENOENT');
});

it('status files are replaced as a whole', () => {
  writeStatusFiles(directory, { text: 'first, and longer', json: '{"a":1}' });
  writeStatusFiles(directory, { text: 'second', json: '{}' });
  expect(readFileSync(join(directory, 'status.txt'), 'utf8')).toBe('second');
  expect(readFileSync(join(directory, 'status.json'), 'utf8')).toBe('{}');
  expect(readdirSync(directory)).toHaveLength(2);
});
