/**
 * The check of the pods' network against a real containerd with real network plug-ins, through a real runtime probe. Faults:
 * a plug-in's program is missing, one that says no, one that hangs, no address left, packets dropped, containerd frozen.
 */
import { execFileSync } from 'node:child_process';
import { chmodSync, existsSync, mkdirSync, readdirSync, rmSync, symlinkSync, unlinkSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { afterAll, beforeAll, beforeEach, describe, expect, it, onTestFinished } from 'vitest';
import { podNetwork } from '../../checks/pod-network.ts';
import {
  type Containerd,
  createContainerd,
  NETWORK_PROGRAMS,
  type NetworkPlugin,
  whyNoContainerd,
} from './lib/containerd.ts';
import { freeze, openFiles } from './lib/daemon.ts';
import { createPort, look, type Port, settled, until } from './lib/runtime-probe.ts';

const why = whyNoContainerd() ?? (existsSync(join(NETWORK_PROGRAMS, 'ptp')) ? undefined : 'no network plug-ins');
if (why !== undefined) process.stdout.write(`pod-network lab tests are skipped: ${why}\n`);

/** Of the documentation's addresses: nobody has them. */
const SUBNET = '198.51.100.0/28';

describe.skipIf(why !== undefined)('the network of pods of a real containerd', () => {
  let containerd: Containerd;
  let port: Port;
  let probePid: number;

  const ptp = (): NetworkPlugin => ({
    type: 'ptp',
    ipam: { type: 'host-local', subnet: SUBNET, dataDir: join(containerd.directory, 'leases') },
  });
  /** A route to each of its addresses; interfaces of this machine come and go with other tests. */
  const routes = (): string[] =>
    execFileSync('ip', ['-o', 'route', 'show', 'root', SUBNET], { encoding: 'utf8' })
      .split('\n')
      .filter((line) => line !== '');
  const leases = (): string[] => {
    const directory = join(containerd.directory, 'leases/pods');
    return existsSync(directory) ? readdirSync(directory).filter((name) => /^[\d.]+$/.test(name)) : [];
  };
  /** One run a minute after the one before. */
  const lookLater = async (): Promise<Awaited<ReturnType<typeof look>>> => {
    port.aheadMs += 60_000;
    return look(podNetwork, port);
  };
  /** A fault is told by the run a minute after the first that sees it. */
  const told = async (what: string): Promise<string> => {
    expect((await lookLater()).outcome).toMatchObject({ status: 'ok' });
    const { outcome, durationMs } = await lookLater();
    process.stdout.write(`${what}, after ${durationMs.toFixed(0)} ms: ${JSON.stringify(outcome)}\n`);
    if (outcome.status !== 'problem') throw new Error(`nothing is told of it: ${JSON.stringify(outcome)}`);
    return `${outcome.problems[0].reason}: ${outcome.problems[0].message}`;
  };
  const restored = async (): Promise<void> => {
    containerd.setNetwork([ptp()]);
    await until('it is well again', async () => (await look(podNetwork, port)).outcome.status === 'ok');
    // What was left behind is removed by the next run.
    await until('nothing is left', () => containerd.containers().length === 0 && leases().length === 0);
  };
  beforeAll(async () => {
    containerd = createContainerd();
    containerd.setNetwork([ptp()]);
    await containerd.start();
    containerd.loadImages();
  });
  afterAll(async () => {
    await containerd.cleanUp();
    expect(routes()).toEqual([]);
  });
  beforeEach(async () => {
    containerd.setNetwork([ptp()]);
    port = createPort(containerd.socketPath);
    probePid = await settled(port);
    await until('it is well', async () => (await look(podNetwork, port)).outcome.status === 'ok');
  });

  it('connects a sandbox, hears it at its address and leaves nothing', async () => {
    for (let round = 0; round < 3; round += 1) {
      const { outcome, durationMs } = await look(podNetwork, port);
      const readings = 'readings' in outcome ? (outcome.readings ?? []) : [];
      process.stdout.write(`well in ${durationMs.toFixed(0)} ms: ${JSON.stringify(readings)}\n`);
      expect(outcome.status).toBe('ok');
      expect(readings.map(({ name }) => name)).toEqual(['sandbox_seconds', 'answer_seconds', 'remove_seconds']);
    }
    expect([containerd.containers(), leases(), routes()]).toEqual([[], [], []]);
  });

  it('names the program that is missing', async () => {
    containerd.setNetwork([{ ...ptp(), type: 'no-such-network' }]);
    expect(await told('program missing')).toMatch(/^PodNetworkFails: .*no-such-network/);
    await restored();
  });

  it('says that no address is left', async () => {
    const ipam = { ...(ptp()['ipam'] as object), rangeStart: '198.51.100.5', rangeEnd: '198.51.100.5' };
    containerd.setNetwork([{ type: 'ptp', ipam }]);
    mkdirSync(join(containerd.directory, 'leases/pods'), { recursive: true });
    writeFileSync(join(containerd.directory, 'leases/pods/198.51.100.5'), 'another\neth0');
    expect(await told('no address left')).toMatch(/^PodAddressesExhausted: .*no IP addresses available/);
    rmSync(join(containerd.directory, 'leases'), { recursive: true });
    await restored();
  });

  it('says that an address is silent where packets to it are dropped', async () => {
    const rule = ['OUTPUT', '-d', SUBNET, '-p', 'tcp', '-j', 'DROP'];
    execFileSync('iptables', ['-I', ...rule]);
    try {
      expect(await told('packets dropped')).toMatch(
        /^PodAddressSilent: .*its new address 198\.51\.100\.\d+ does not answer the node for [23]\.\d s \(no answer\)\.$/,
      );
    } finally {
      execFileSync('iptables', ['-D', ...rule]);
    }
    await restored();
  });

  it('ends at its deadline where a plug-in hangs, leaks nothing and recovers', async () => {
    const programs = join(containerd.directory, 'cni-bin');
    const before = openFiles(probePid);
    unlinkSync(programs);
    mkdirSync(programs);
    for (const name of readdirSync(NETWORK_PROGRAMS)) symlinkSync(join(NETWORK_PROGRAMS, name), join(programs, name));
    writeFileSync(join(programs, 'hung'), '#!/bin/sh\n[ "$CNI_COMMAND" != ADD ] || exec sleep 30\n');
    chmodSync(join(programs, 'hung'), 0o755);
    containerd.setNetwork([{ type: 'hung' }]);
    expect(await told('plug-in hangs')).toMatch(/^PodNetworkFails: .*phase sandbox.*not answered within [67]\.\d s/);
    containerd.setNetwork([ptp()]);
    await until('it is well again', async () => (await look(podNetwork, port)).outcome.status === 'ok', 60_000);
    await until('nothing is left', () => containerd.containers().length === 0, 60_000);
    await until('no file stays open', () => openFiles(probePid) <= before);
  });

  it('tells of a frozen containerd in time, and recovers', async () => {
    await freeze(containerd.pid());
    onTestFinished(() => void process.kill(containerd.pid(), 'SIGCONT'));
    expect(await told('containerd frozen')).toMatch(/^PodNetworkFails: .*phase list.*not answered within 2\.\d s/);
    process.kill(containerd.pid(), 'SIGCONT');
    await restored();
  });
});
