/** Rules with what is real: files that change as those of a ConfigMap do, and the command over HTTP. */
import { execFile } from 'node:child_process';
import { mkdirSync, mkdtempSync, renameSync, rmSync, symlinkSync, writeFileSync } from 'node:fs';
import { readFile, stat } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { createRulesFile } from '../../agent/alerts/rules/rules-file.ts';
import { systemClock } from '../../agent/base/clock.ts';
import { aClusterEvent, aFeed, fakeEvents } from '../lib/events.ts';
import { type FixtureServer, startFixtureServer } from '../lib/http-server.ts';

let directory = '';
let server: FixtureServer;
beforeAll(async () => {
  directory = mkdtempSync(join(tmpdir(), 'meerkat-rules-'));
  const now = Date.now();
  const events = Array.from({ length: 7 }, (_, index) =>
    aClusterEvent({
      uid: `e-${index}`,
      at: now - 3_600_000 + index * 20_000,
      firstAt: now - 3_600_000,
      count: 1,
      occurrences: 1,
    }),
  );
  server = await startFixtureServer({}, { events: fakeEvents(events, aFeed({ heardAt: now })) });
});
afterAll(async () => {
  await server.stop();
  rmSync(directory, { recursive: true, force: true });
});

const ruleText = (name: string, numEvents = 5): string =>
  `rules:\n  - {name: ${name}, type: frequency, source: events, queryKey: object, numEvents: ${numEvents}, timeframeMinutes: 5}\n`;

describe('the file of rules', () => {
  it('is followed as the kubelet changes a ConfigMap: links that lead to another directory', async () => {
    const mount = join(directory, 'mount');
    const put = (version: string, text: string): void => {
      mkdirSync(join(mount, version), { recursive: true });
      writeFileSync(join(mount, version, 'rules.yaml'), text);
      symlinkSync(version, join(mount, '..data_tmp'));
      renameSync(join(mount, '..data_tmp'), join(mount, '..data'));
    };
    put('..2026_1', ruleText('one'));
    symlinkSync(join('..data', 'rules.yaml'), join(mount, 'rules.yaml'));
    const held: string[] = [];
    const file = createRulesFile(
      { file: join(mount, 'rules.yaml'), builtIn: false },
      {
        clock: systemClock,
        stat: async (path) => {
          const found = await stat(path);
          return { mtimeMs: found.mtimeMs, ino: found.ino, size: found.size, isFile: found.isFile() };
        },
        read: (path) => readFile(path, 'utf8'),
        receivers: [],
        onRules: (rules) => held.push(rules.map(({ name }) => name).join(' ')),
        onMistakes: () => {},
      },
    );
    await file.start();
    put('..2026_2', ruleText('two'));
    await file.look();
    put('..2026_3', ruleText('Three'));
    await file.look();
    expect(held).toEqual(['', 'one', 'two']);
    expect(file.state()?.mistakes).toEqual([
      `${join(mount, 'rules.yaml')} line 2: rules[0].name: given "Three", allowed: a name in lower case: letters, digits and \`-\`, at most 63.`,
    ]);
    rmSync(join(mount, '..data'));
    await file.look();
    expect(file.state()?.mistakes[0]).toContain('ENOENT');
    expect(held).toHaveLength(3);
    file.stop();
  });
});

describe('meerkat rules test', () => {
  const meerkat = (
    args: readonly string[],
    port = server.port,
  ): Promise<{ code: unknown; stdout: string; stderr: string }> =>
    new Promise((resolve) => {
      const env = { ...process.env, MEERKAT_HTTP_PORT: String(port) };
      execFile(process.execPath, ['agent/main.ts', 'rules', 'test', ...args], { env }, (error, stdout, stderr) =>
        resolve({ code: error?.code ?? 0, stdout, stderr }),
      );
    });
  const fileWith = (text: string): string => {
    const path = join(directory, 'tried.yaml');
    writeFileSync(path, text);
    return path;
  };

  it('ends with 1 where something would have been told, and with 0 where nothing would', async () => {
    const told = await meerkat([fileWith(ruleText('five'))]);
    expect(told).toMatchObject({ code: 1, stderr: '' });
    expect(told.stdout).toContain('1 alert, told 1 time');
    expect(told.stdout).toContain('Pod prod/api-7d9f BackOff ×5:');
    const nothing = await meerkat([fileWith(ruleText('eight', 8))]);
    expect(nothing).toMatchObject({ code: 0 });
    expect(nothing.stdout).toContain('the most within 5m: 7, of prod/api-7d9f.');
    const json = await meerkat([fileWith(ruleText('five')), '--json', '--since', '30m']);
    expect(json.code).toBe(0);
    expect(JSON.parse(json.stdout)).toMatchObject({ rules: [{ name: 'five', told: 0 }] });
  });

  it('ends with 2 where the file has mistakes, is not there, or nobody can be asked', async () => {
    const path = fileWith(ruleText('Five'));
    const wrong = await meerkat([path]);
    expect(wrong).toMatchObject({ code: 2, stdout: '' });
    expect(wrong.stderr).toContain(`${path} line 2: rules[0].name: given "Five"`);
    expect(await meerkat([join(directory, 'none')])).toMatchObject({ code: 2 });
    const alone = await meerkat([fileWith(ruleText('five'))], 1);
    expect(alone.code).toBe(2);
    expect(alone.stderr).toContain('No agent listens');
  });

  it('reads a file without an agent, and tries those that come with Meerkat', async () => {
    expect(await meerkat([fileWith(ruleText('five')), '--syntax'], 1)).toMatchObject({
      code: 0,
      stdout: '1 rule, without a mistake.\n',
    });
    const builtIn = await meerkat(['--built-in']);
    expect(builtIn).toMatchObject({ code: 1 });
    expect(builtIn.stdout).toContain('warning-events (frequency, built in)');
    expect((await meerkat([])).code).toBe(64);
  });
});
