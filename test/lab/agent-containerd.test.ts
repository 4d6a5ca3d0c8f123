/**
 * A whole agent on a host of a cluster with a real containerd, real network plug-ins and a disk of its own: what it says, and
 * how soon, when each of these fails. Its files are the machine's, but for those that say what belongs to the host.
 */
import { execFileSync } from 'node:child_process';
import {
  copyFileSync,
  existsSync,
  mkdirSync,
  mkdtempSync,
  renameSync,
  rmSync,
  symlinkSync,
  writeFileSync,
} from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterAll, afterEach, beforeAll, beforeEach, describe, expect, it } from 'vitest';
import type { ApiFinding, ApiStatus } from '../../agent/http/contract.ts';
import { CHECKS } from '../../checks/registry.ts';
import { type AgentProcess, eventually, startAgentProcess } from '../lib/agent-process.ts';
import { watchWaiting } from '../lib/waiting.ts';
import { boundOfCheck } from './lib/bound.ts';
import { type Containerd, createContainerd, NETWORK_PROGRAMS, whyNoContainerd } from './lib/containerd.ts';
import { isProgram } from './lib/daemon.ts';
import { createLoopDisk, type LoopDisk, whyNoLoopDisk } from './lib/loop-disk.ts';
import { noteTold } from './lib/told.ts';

const missing =
  whyNoContainerd() ??
  whyNoLoopDisk() ??
  (existsSync(join(NETWORK_PROGRAMS, 'ptp')) ? undefined : 'no network plug-ins') ??
  (isProgram('faketime') ? undefined : 'faketime is not installed');
if (missing !== undefined) process.stderr.write(`agent-containerd: skipped, ${missing}\n`);

const IS_LONG = process.env['MEERKAT_LONG'] !== undefined;
const MINUTE = 60_000;
/** These are looked at more often than by default, and their bound is that of it. */
const OFTEN_MS = 10_000;
const OFTEN = ['container-start', 'pod-network', 'certificates'];
/** What is looked at; the machine's own disks and load are the subject of other tests. */
const LOOKED_AT = ['container-runtime', ...OFTEN, 'disk-space'];

/** Of the check, and a second for the diagnosis. */
const boundOf = (id: string, reason?: string): number =>
  boundOfCheck(id, reason, OFTEN.includes(id) ? OFTEN_MS : undefined) + 1000;

interface Fault {
  readonly name: string;
  readonly reason: string;
  /** ms. */
  readonly bound: number;
  begin(): unknown;
  /** Mends it. */
  end(): unknown;
}

describe.skipIf(missing !== undefined)('an agent, a containerd and a disk', { timeout: 6 * MINUTE }, () => {
  let directory: string;
  let disk: LoopDisk;
  let containerd: Containerd;
  let agent: AgentProcess;
  let startAgent: () => Promise<AgentProcess>;

  const network = (): void =>
    containerd.setNetwork([
      { type: 'ptp', ipam: { type: 'host-local', subnet: '203.0.113.0/28', dataDir: join(directory, 'leases') } },
    ]);
  const signal = (name: NodeJS.Signals): boolean => process.kill(containerd.pid(), name);
  const status = (): Promise<ApiStatus> => agent.json<ApiStatus>('/api/v1/status');
  /** Without what other tests do to disks of their own. */
  const own = ({ findings }: ApiStatus): ApiFinding[] =>
    findings.filter(({ id, reason }) => !/^(Disk|Inodes|Filesystem)/.test(reason) || id.includes(disk.mountPoint));
  const untilWell = (): Promise<ApiStatus> =>
    eventually(status, (said) => said.view.settled && own(said).length === 0, 3 * MINUTE);

  /** Waits for a cause of that name, says what is besides it and does not follow from it, and mends it in any case. */
  const told = async (fault: Fault): Promise<{ readonly sentence: string; readonly others: readonly string[] }> => {
    const { name, reason, bound } = fault;
    const waitedMs = watchWaiting(() => [agent.pid, containerd.pid()]);
    const began = performance.now();
    try {
      await fault.begin();
      const said = await eventually(status, (one) => own(one).some((finding) => finding.reason === reason), 4 * bound);
      const tookMs = Math.round(performance.now() - began);
      const { sentence = '' } = own(said).find((finding) => finding.reason === reason) ?? {};
      noteTold({ fault: name, reason, tookMs, boundMs: bound }, sentence);
      expect(tookMs).toBeLessThan(2 * (bound + waitedMs()));
      const others = own(said).filter((one) => one.causedBy === undefined && one.reason !== reason);
      return { sentence, others: others.map(({ id }) => id) };
    } finally {
      await fault.end();
    }
  };

  beforeAll(async () => {
    directory = mkdtempSync(join(tmpdir(), 'meerkat-host-'));
    disk = createLoopDisk(512);
    containerd = createContainerd({ dataDirectory: join(disk.mountPoint, 'containerd') });
    network();
    await containerd.start();
    containerd.loadImages();
    const root = join(directory, 'root');
    mkdirSync(join(root, 'etc/kubernetes/pki'), { recursive: true });
    writeFileSync(join(root, 'etc/kubernetes/kubelet.conf'), 'kind: Config\n');
    for (const name of ['proc', 'sys']) symlinkSync(`/${name}`, join(root, name));
    mkdirSync(join(root, tmpdir()), { recursive: true });
    symlinkSync(containerd.directory, join(root, containerd.directory));
    // A disk is seen where it is mounted, and nowhere else.
    mkdirSync(join(root, disk.mountPoint), { recursive: true });
    execFileSync('mount', ['--bind', disk.mountPoint, join(root, disk.mountPoint)]);
    const off = CHECKS.filter(({ id }) => !LOOKED_AT.includes(id)).flatMap(({ id }) => [
      `--checks.${id}.enabled`,
      'false',
    ]);
    // Off unless it is asked for.
    const on = ['--checks.pod-network.enabled', 'true'];
    const often = OFTEN.flatMap((id) => [`--checks.${id}.interval-seconds`, String(OFTEN_MS / 1000)]);
    const flags = [
      '--host.root',
      root,
      '--runtime.socket',
      containerd.socketPath,
      '--checks.disk-space.exclude',
      join(tmpdir(), 'meerkat-lab'),
      ...off,
      ...on,
      ...often,
    ];
    startAgent = () => startAgentProcess({ args: flags });
  }, 5 * MINUTE);
  afterAll(async () => {
    await containerd?.cleanUp();
    execFileSync('umount', ['--lazy', join(directory, 'root', disk.mountPoint)]);
    disk?.cleanUp();
    rmSync(directory, { recursive: true, force: true });
  }, MINUTE);
  /** What ended several times within minutes comes and goes, and stands for a while, to whoever saw it. */
  beforeEach(async () => {
    agent = await startAgent();
    await untilWell();
  }, 4 * MINUTE);
  afterEach(() => agent.cleanUp());

  it('containerd is killed', async () => {
    const bound = boundOf('container-runtime');
    const [begin, end] = [() => containerd.kill(), () => containerd.start()];
    const { others } = await told({ name: 'containerd killed', reason: 'RuntimeDown', bound, begin, end });
    expect(others).toEqual([]);
  });

  it('containerd is frozen', async () => {
    const bound = boundOf('container-runtime');
    const [begin, end] = [() => signal('SIGSTOP'), () => signal('SIGCONT')];
    const { others } = await told({ name: 'containerd frozen', reason: 'RuntimeHung', bound, begin, end });
    expect(others).toEqual([]);
  });

  it('the image that sandboxes are made from is gone', async () => {
    const { sentence } = await told({
      name: 'pause image missing',
      reason: 'ContainersCannotStart',
      bound: boundOf('container-start'),
      begin: () => containerd.removeImages(),
      end: () => containerd.loadImages(),
    });
    expect(sentence).toContain('lab.invalid/pause:1');
  });

  it('runc is removed', async () => {
    const { sentence } = await told({
      name: 'runc removed',
      reason: 'ContainersCannotStart',
      bound: boundOf('container-start'),
      begin: () => renameSync(containerd.runc, `${containerd.runc}.away`),
      end: () => renameSync(`${containerd.runc}.away`, containerd.runc),
    });
    expect(sentence).toContain('OCI runtime');
  });

  it.skipIf(!IS_LONG)('the disk below its data is full', async () => {
    const { sentence } = await told({
      name: 'disk of containerd full',
      reason: 'DiskFull',
      bound: boundOf('disk-space'),
      begin: () => disk.fill(),
      end: () => disk.release(),
    });
    expect(sentence).toContain(disk.mountPoint);
  });

  it('that disk is remounted read-only', async () => {
    const { sentence } = await told({
      name: 'disk remounted read-only',
      reason: 'FilesystemReadOnly',
      bound: boundOf('disk-space'),
      begin: async () => {
        // What writes there keeps it from being remounted.
        await containerd.kill();
        disk.remount('ro');
      },
      end: async () => {
        disk.remount('rw');
        await containerd.start();
      },
    });
    expect(sentence).toContain(disk.mountPoint);
  });

  it.skipIf(!IS_LONG)('the network of pods has lost its configuration', async () => {
    const bound = boundOf('container-runtime') + MINUTE;
    const [begin, end] = [() => containerd.setNetwork(false), network];
    await told({ name: 'configuration of the pods’ network gone', reason: 'PodNetworkNotReady', bound, begin, end });
  });

  it.skipIf(!IS_LONG)('the network of pods has lost a program', async () => {
    const bound = boundOf('pod-network');
    const [begin, end] = [() => containerd.setNetwork([{ type: 'no-such-network' }]), network];
    const name = 'plug-in of the pods’ network missing';
    const { others } = await told({ name, reason: 'PodNetworkFails', bound, begin, end });
    expect(others).toEqual([]);
  });

  it('a certificate has five days left', async () => {
    const place = join(directory, 'root/etc/kubernetes/pki/apiserver');
    const request = ['req', '-x509', '-newkey', 'ec', '-pkeyopt', 'ec_paramgen_curve:prime256v1', '-nodes'];
    const names = ['-days', '365', '-subj', '/CN=kube-apiserver', '-keyout', `${place}.key`, '-out', `${place}.new`];
    execFileSync('faketime', ['360 days ago', 'openssl', ...request, ...names], { stdio: 'pipe' });
    const { sentence } = await told({
      name: 'certificate with five days left',
      reason: 'CertificateExpiresSoon',
      bound: boundOf('certificates'),
      begin: () => copyFileSync(`${place}.new`, `${place}.crt`),
      end: () => rmSync(`${place}.crt`),
    });
    expect(sentence).toContain('apiserver.crt');
  });
});
