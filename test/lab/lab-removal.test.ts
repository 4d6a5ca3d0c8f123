/** Nothing of a lab stays: after its end, after a failure, after a process that was killed. */
import { type ChildProcess, execFileSync, spawn } from 'node:child_process';
import { once } from 'node:events';
import { readFileSync } from 'node:fs';
import { join } from 'node:path';
import { afterEach, describe, expect, it } from 'vitest';
import { childrenOf } from './lib/daemon.ts';
import { createLab } from './lib/lab/lab.ts';
import { placeOf } from './lib/lab/registry.ts';
import { leftoversOf } from './lib/lab/removal.ts';
import { waitUntil } from './lib/lab/run.ts';
import { whyNoLab } from './lib/lab/why-no-lab.ts';
import { startTraffic } from './lib/traffic.ts';

const missing = whyNoLab();
if (missing !== undefined) process.stderr.write(`lab-removal: skipped, ${missing}\n`);

const leftovers = (name: string): Promise<string[]> => leftoversOf(placeOf(Number(name.replace('meerkat-lab-', ''))));

/** What the machine's own tools still say of it. */
function traces(name: string): string[] {
  const { directory } = placeOf(Number(name.replace('meerkat-lab-', '')));
  const listed = [
    ['ip', 'netns'],
    ['ip', '-br', 'link'],
    ['ip', 'route'],
    ['losetup', '-a'],
  ].map(([program = '', ...args]) => execFileSync(program, args, { encoding: 'utf8' }));
  const lines = [...listed, readFileSync('/proc/self/mountinfo', 'utf8')].join('\n').split('\n');
  return lines.filter((line) => new RegExp(`\\b${name}\\b|${directory}/`).test(line));
}

async function hold(): Promise<{ readonly child: ChildProcess; readonly name: string }> {
  const script = join(import.meta.dirname, 'lib/scripts/hold-lab.ts');
  const child = spawn(process.execPath, [script], { stdio: ['ignore', 'pipe', 'inherit'] });
  const [said] = (await once(child.stdout, 'data')) as [Buffer];
  return { child, name: said.toString().trim() };
}

const isGuardian = (pid: number): boolean => readFileSync(`/proc/${pid}/cmdline`, 'utf8').includes('remove-lab.ts');

describe.skipIf(missing !== undefined)('what stays of a lab', () => {
  const children: ChildProcess[] = [];
  afterEach(() => {
    for (const child of children.splice(0)) child.kill('SIGKILL');
  });

  it('nothing after its end, twice too', async () => {
    const lab = await createLab({ hosts: ['m1', 'w1'], overlay: true });
    await lab.host('m1').start('sleep', ['1000']);
    await lab.host('w1').powerOff();
    expect((await leftovers(lab.name)).length).toBeGreaterThan(5);
    await lab.remove();
    await lab.remove();
    expect(await leftovers(lab.name)).toEqual([]);
    expect(traces(lab.name)).toEqual([]);
  });

  it('nothing at the end of a block', async () => {
    let name = '';
    {
      await using lab = await createLab({ hosts: ['m1'] });
      ({ name } = lab);
      expect(await lab.host('m1').exec('hostname')).toBe('m1\n');
    }
    expect(await leftovers(name)).toEqual([]);
  });

  it('no lab for a name that is none', async () => {
    await expect(createLab({ hosts: ['M1'] })).rejects.toThrow("not a host's name: M1");
    await expect(createLab({ hosts: ['m1', 'm1'] })).rejects.toThrow("not a host's name: m1");
    await expect(createLab({ hosts: ['switch'] })).rejects.toThrow("not a host's name: switch");
  });

  it('nothing of one that cannot be made', async () => {
    // No file system is that small.
    const failing = createLab({ hosts: ['m1', 'w1'], diskMebibytes: 0 });
    const error = await failing.then(
      () => new Error('made'),
      (reason: unknown) => reason as Error,
    );
    const id = /meerkat-lab\/(\d+)\//.exec(error.message)?.[1];
    expect(id, error.message).toBeDefined();
    expect(await leftovers(`meerkat-lab-${id}`)).toEqual([]);
  });

  it('two at the same time: neither reaches, cuts or removes the other', async () => {
    const [one, two] = await Promise.all([createLab({ hosts: ['m1', 'm2'] }), createLab({ hosts: ['m1', 'm2'] })]);
    const [traffic, second] = [await startTraffic(one), await startTraffic(two)];
    expect(await traffic.open('m1', two.host('m1').address)).toBe('silent');
    await one.cut('m1', 'm2');
    expect(await second.udp('m1', 'm2')).toBe(20);
    await one.remove();
    expect(await second.udp('m1', 'm2')).toBe(20);
    await two.remove();
    expect([...(await leftovers(one.name)), ...(await leftovers(two.name))]).toEqual([]);
  });

  it('nothing soon after its process was killed', async () => {
    const { child, name } = await hold();
    children.push(child);
    expect((await leftovers(name)).length).toBeGreaterThan(5);
    child.kill('SIGKILL');
    const began = performance.now();
    expect(await waitUntil(async () => (await leftovers(name)).length === 0, 20_000)).toBe(true);
    process.stdout.write(`removed ${Math.round(performance.now() - began)} ms after its process was killed\n`);
    expect(traces(name)).toEqual([]);
  });

  it('nothing after the next lab, where that was killed too', async () => {
    const { child, name } = await hold();
    children.push(child);
    const guardian = childrenOf(child.pid ?? 0).find(isGuardian);
    expect(guardian).toBeDefined();
    process.kill(guardian ?? 0, 'SIGKILL');
    child.kill('SIGKILL');
    await once(child, 'exit');
    expect((await leftovers(name)).length, 'nobody has removed it').toBeGreaterThan(5);
    await using lab = await createLab({ hosts: ['m1'] });
    expect(await leftovers(name)).toEqual(lab.name === name ? await leftovers(lab.name) : []);
  });
});
