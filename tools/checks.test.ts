/** Rules that every check keeps, whoever wrote it. */
import { existsSync } from 'node:fs';
import { join } from 'node:path';
import { describe, expect, it } from 'vitest';
import { loadConfig } from '../agent/base/config.ts';
import { leavesOf } from '../agent/base/config/leaves.ts';
import { COMMON_CHECK_KEYS, configSchema } from '../agent/base/config/schema.ts';
import { CHECKS } from '../checks/registry.ts';

/** A reading's name ends in what it is measured in; `_count` is a number of things now, `_total` one that only grows. */
const UNITS = ['seconds', 'bytes', 'ratio', 'total', 'count'];
const KEBAB_CASE = /^[a-z][a-z0-9]*(-[a-z0-9]+)*$/;
const PASCAL_CASE = /^([A-Z][a-z0-9]+)+$/;
const SENTENCE = /^[A-Z].*\.$/s;

const names = (values: Iterable<string>): string[] => [...values].sort();

it('gives every check its own id', () => {
  const ids = CHECKS.map(({ id }) => id);
  expect(names(new Set(ids))).toEqual(names(ids));
});

it('gives every setting its own variable and flag', () => {
  const leaves = leavesOf(configSchema(CHECKS));
  for (const key of ['env', 'flag'] as const) {
    const all = leaves.map((leaf) => leaf[key]);
    expect(names(new Set(all))).toEqual(names(all));
  }
});

it('runs with the defaults alone', () => {
  const readFile = (): never => {
    throw Object.assign(new Error('no such file'), { code: 'ENOENT' });
  };
  const sources = { args: [], env: {}, readFile, hostname: 'node-1', home: '/root', uid: 0 };
  expect(Object.keys(loadConfig(CHECKS, sources).checks)).toEqual(CHECKS.map(({ id }) => id));
});

it('shares at most 12 readings a node with its peers', () => {
  const shared = CHECKS.flatMap(({ readings }) => Object.values(readings)).filter((reading) => reading.shared === true);
  expect(shared.length).toBeLessThanOrEqual(12);
});

describe.each(CHECKS.map((check) => [check.id, check] as const))('%s', (id, check) => {
  it('is called in kebab-case, says what it looks at and where', () => {
    expect(id).toMatch(KEBAB_CASE);
    expect(check.title).not.toBe('');
    expect(check.description).toMatch(SENTENCE);
    expect(check.runsOn).not.toBe('');
  });

  it('has a deadline shorter than its interval', () => {
    expect(check.timeoutMs).toBeGreaterThan(0);
    expect(check.timeoutMs).toBeLessThan(check.intervalMs);
  });

  it('has a test beside it', () => {
    expect(existsSync(join(import.meta.dirname, `../checks/${id}.test.ts`))).toBe(true);
  });

  it('explains every reason and says what to do', () => {
    expect(Object.keys(check.reasons)).not.toEqual([]);
    for (const [reason, { summary, remedy }] of Object.entries(check.reasons)) {
      expect(reason).toMatch(PASCAL_CASE);
      expect(summary, reason).toMatch(SENTENCE);
      expect(remedy, reason).toMatch(SENTENCE);
    }
  });

  it('names the unit of every reading', () => {
    for (const [name, { title }] of Object.entries(check.readings)) {
      expect(name).toMatch(/^[a-z][a-z0-9]*(_[a-z0-9]+)+$/);
      expect(UNITS, name).toContain(name.split('_').at(-1));
      expect(title, name).not.toBe('');
    }
  });

  it('gives every setting a default and a description', () => {
    for (const { path, default: fallback, description, schema } of leavesOf(check.config)) {
      expect(description, path.join('.')).toMatch(SENTENCE);
      const optional = !check.config.required?.includes(path[0] ?? '');
      expect(fallback !== undefined || optional, path.join('.')).toBe(true);
      expect(COMMON_CHECK_KEYS, JSON.stringify(schema)).not.toContain(path[0]);
    }
  });

  it('reports a missing thing by a reason of its own', () => {
    if (check.presence !== undefined) expect(Object.keys(check.reasons)).toContain(check.presence.reason);
    for (const other of check.hintedBy ?? []) expect(CHECKS.map((one) => one.id)).toContain(other);
  });
});
