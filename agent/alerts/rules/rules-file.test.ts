import { describe, expect, it } from 'vitest';
import { createFakeClock } from '../../../test/lib/fake-clock.ts';
import { type FileStat, createRulesFile } from './rules-file.ts';
import type { Rule } from './types.ts';

const PATH = '/etc/meerkat/rules.yaml';
const ruleText = (...names: readonly string[]): string =>
  `rules:\n${names.map((name) => `  - {name: ${name}, type: any, source: events}\n`).join('')}`;

function world({ builtIn = false, file = PATH } = {}) {
  const clock = createFakeClock();
  const disk: { text: string | undefined; ino: number; isFile: boolean; size?: number; hangs: boolean } = {
    text: ruleText('one'),
    ino: 1,
    isFile: true,
    hangs: false,
  };
  const held: string[] = [];
  const told: string[] = [];
  const counts = { reads: 0, stats: 0 };
  const missing = (): Error => Object.assign(new Error(`ENOENT: no such file, stat '${PATH}'`), { code: 'ENOENT' });
  const rulesFile = createRulesFile(
    { file, builtIn },
    {
      clock,
      async stat(): Promise<FileStat> {
        counts.stats += 1;
        if (disk.hangs) return new Promise(() => {});
        if (disk.text === undefined) throw missing();
        return { mtimeMs: 1, ino: disk.ino, size: disk.size ?? disk.text.length, isFile: disk.isFile };
      },
      async read() {
        counts.reads += 1;
        if (disk.text === undefined) throw missing();
        return disk.text;
      },
      receivers: [],
      onRules: (rules: readonly Rule[]) => held.push(rules.map(({ name }) => name).join(' ')),
      onMistakes: (mistakes) => told.push(mistakes.join('\n')),
    },
  );
  return { clock, disk, held, told, counts, rulesFile };
}

describe('the file of rules', () => {
  it('is read at the start, and again within five seconds when it is another', async () => {
    const { clock, disk, held, counts, rulesFile } = world();
    await rulesFile.start();
    expect(held).toEqual(['', 'one']);
    expect(rulesFile.state()).toEqual({ path: PATH, readAt: clock.now(), mistakes: [] });
    await clock.advance(20_000);
    expect(counts.reads).toBe(1);
    // A ConfigMap: another file behind the same name, by chance as long and as old.
    disk.text = ruleText('two');
    disk.ino = 2;
    await clock.advance(5000);
    expect(held).toEqual(['', 'one', 'two']);
    rulesFile.stop();
    disk.ino = 3;
    await clock.advance(60_000);
    expect(counts.reads).toBe(2);
  });

  it('is read each minute though it looks the same, and taken only where it is another', async () => {
    const { clock, disk, held, counts, rulesFile } = world();
    await rulesFile.start();
    disk.text = ruleText('six');
    await clock.advance(60_000);
    expect([held.at(-1), counts.reads]).toEqual(['six', 2]);
    await clock.advance(120_000);
    expect([held.length, counts.reads]).toEqual([3, 4]);
  });

  it('with any mistake is refused whole, said once, and the rules before hold', async () => {
    const { clock, disk, held, told, rulesFile } = world({ builtIn: true });
    await rulesFile.start();
    const readAt = rulesFile.state()?.readAt;
    disk.text = ruleText('one', 'Two');
    await clock.advance(60_000);
    expect(held).toHaveLength(2);
    expect(told).toEqual([expect.stringContaining(`${PATH} line 3: rules[1].name: given "Two"`)]);
    expect(rulesFile.state()).toEqual({ path: PATH, readAt, mistakes: told });
    disk.text = ruleText('one', 'two');
    await clock.advance(60_000);
    expect(held.at(-1)).toBe('one two warning-events node-events warning-on-several-nodes');
    expect(told.at(-1)).toBe('');
    expect(rulesFile.state()?.mistakes).toEqual([]);
  });

  it('may be missing, come later, and go: the rules before hold', async () => {
    const { clock, disk, held, told, rulesFile } = world({ builtIn: true });
    disk.text = undefined;
    await rulesFile.start();
    expect(held).toEqual(['warning-events node-events warning-on-several-nodes']);
    expect(rulesFile.state()?.mistakes).toEqual([`${PATH}: cannot be read: ENOENT: no such file, stat '${PATH}'.`]);
    disk.text = ruleText('one');
    await clock.advance(5000);
    expect(held.at(-1)).toMatch(/^one /);
    disk.text = undefined;
    await clock.advance(60_000);
    expect(held).toHaveLength(2);
    expect(rulesFile.state()?.mistakes).toHaveLength(1);
    disk.text = ruleText('one');
    await clock.advance(5000);
    expect(rulesFile.state()?.mistakes).toEqual([]);
    expect(told).toHaveLength(4);
  });

  it('is not read where it is no file or too large, and a disk that hangs is asked once', async () => {
    const { clock, disk, counts, rulesFile } = world();
    disk.isFile = false;
    await rulesFile.start();
    expect(rulesFile.state()?.mistakes).toEqual([`${PATH}: cannot be read: it is no file.`]);
    Object.assign(disk, { isFile: true, size: 2_000_000 });
    await clock.advance(5000);
    expect(rulesFile.state()?.mistakes[0]).toContain('larger than 1048576 bytes');
    expect(counts.reads).toBe(0);
    disk.hangs = true;
    await clock.advance(600_000);
    expect(counts.stats).toBe(3);
    expect(rulesFile.state()?.mistakes[0]).toContain('its disk does not answer');
  });

  it('may be none: those built in hold, or nothing', async () => {
    const none = world({ file: '' });
    await none.rulesFile.start();
    expect([none.held, none.rulesFile.state()]).toEqual([[''], undefined]);
    await none.clock.advance(60_000);
    expect(none.counts.stats).toBe(0);
  });
});
