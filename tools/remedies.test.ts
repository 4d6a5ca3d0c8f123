/** What a person is told to run works where it is told, and does no harm there. */
import { globSync, readFileSync } from 'node:fs';
import { join } from 'node:path';
import { describe, expect, it } from 'vitest';
import { CHECKS } from '../checks/registry.ts';

const ROOT = join(import.meta.dirname, '..');
const REMEDIES = CHECKS.flatMap(({ id, reasons }) =>
  Object.entries(reasons).map(([reason, { remedy }]) => [`${id}/${reason}`, remedy] as const),
);
const remedyOf = new Map<string, string>(REMEDIES);
const commandsOf = (remedy: string): readonly string[] => remedy.split('`').filter((_, index) => index % 2 === 1);
const operations = readFileSync(join(ROOT, 'docs/operations.md'), 'utf8');

describe.each(REMEDIES)('%s', (reason, remedy) => {
  it('has its commands between backticks, each closed', () => {
    expect(remedy.split('`').length % 2).toBe(1);
    expect(commandsOf(remedy)).not.toContain('');
  });

  it('names no command that its host has not', () => {
    for (const command of commandsOf(remedy)) {
      // It is in etcd's container, and wants certificates.
      expect(command).not.toMatch(/^etcdctl/);
      if (/\betcdctl /.test(command)) expect(command).toMatch(/^crictl exec .* --cacert=\S+ --cert=\S+ --key=\S+ \S/);
      // That is the name of a pod; `--name` goes by the container's.
      expect(command).not.toContain('--name meerkat');
      // Of k3s and RKE2 the kubelet and the runtime are no units of their own.
      expect(command).not.toMatch(/^systemctl (re)?start (kubelet|containerd|docker)/);
    }
  });

  it('says first what keeps a kubelet from coming back', () => {
    if (!remedy.includes('restart UNIT') || !reason.startsWith('kubelet/')) return;
    expect(remedy.indexOf('swapon --show')).toBeGreaterThan(0);
    expect(remedy.indexOf('swapon --show')).toBeLessThan(remedy.indexOf('restart UNIT'));
  });

  it('removes images only where they can be pulled again', () => {
    if (remedy.includes('crictl rmi --prune')) expect(remedy).toMatch(/imported by hand|pulled again/);
  });
});

it.each(['etcd/EtcdDown', 'etcd/EtcdHung', 'etcd/EtcdNoLeader', 'etcd/EtcdUnhealthy', 'apiserver/ApiserverNotReady'])(
  '%s, which holds without a quorum, asks for nothing that needs one',
  (reason) => {
    const commands = commandsOf(remedyOf.get(reason) ?? '`');
    expect(commands.length).toBeGreaterThan(0);
    for (const command of commands) expect(command).not.toMatch(/--cluster\b|\bmember /);
  },
);

it('takes no member out, and moves none away, without a majority', () => {
  for (const [, remedy] of REMEDIES) {
    const at = remedy.indexOf('member remove');
    if (at >= 0) expect(remedy.slice(0, at)).toMatch(/while the others have a majority, and never without one/i);
  }
  expect(remedyOf.get('etcd/EtcdMisconfigured')).toMatch(/^Of two cluster ids first decide which one the majority/);
});

it('deletes nothing of etcd’s to make room', () => {
  for (const reason of ['DiskFull', 'DiskAlmostFull'])
    expect(remedyOf.get(`disk-space/${reason}`)).toMatch(
      /^If it holds \/var\/lib\/etcd delete nothing below `member\/`/,
    );
});

it('leads to headings that docs/operations.md has', () => {
  const headings = new Set(operations.match(/^#+ .+$/gm)?.map((line) => line.replace(/^#+ /, '')));
  const sources = globSync(['agent/diagnosis/**/*.ts', 'checks/**/*.ts'], { cwd: ROOT }).map((path) =>
    readFileSync(join(ROOT, path), 'utf8'),
  );
  const named = sources.flatMap((text) =>
    [...text.matchAll(/“([^”]+)” in docs\/operations\.md/g)].map(([, name]) => name),
  );
  expect(named.length).toBeGreaterThan(5);
  expect(named.filter((name) => name === undefined || !headings.has(name))).toEqual([]);
});

it('tells no host to find another one by the name of its Node', () => {
  for (const path of globSync('agent/diagnosis/**/*.ts', { cwd: ROOT, exclude: ['**/*.test.ts'] })) {
    const text = readFileSync(join(ROOT, path), 'utf8');
    for (const [step] of text.matchAll(/\b(ip route get|traceroute -n|traceroute|ping|and host|--host) \$\{.*?\}/g))
      expect([path, step]).toEqual([path, expect.stringMatching(/\$\{address/i)]);
    expect([path, /etcdctl |--name meerkat/.exec(text)?.[0]]).toEqual([path, undefined]);
  }
});
