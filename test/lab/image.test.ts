/** The image of the Dockerfile, and its containers as daemonset.yaml starts them, in a real container runtime. */
import { execFileSync } from 'node:child_process';
import { existsSync } from 'node:fs';
import { createServer } from 'node:net';
import { join } from 'node:path';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import type { ApiCheck, ApiNode } from '../../agent/http/contract.ts';
import { BUNDLE } from '../../tools/build/run.ts';
import { eventually } from '../lib/agent-process.ts';
import { type Container, containerOf, daemonSetOf, objectsOf, readManifest } from '../lib/manifest.ts';
import { isProgram } from './lib/daemon.ts';
import { type Dockerd, createDockerd, whyNoDockerd } from './lib/dockerd.ts';
import { LEAST, type ManifestContainers, createManifestContainers } from './lib/manifest-containers.ts';

const missing =
  whyNoDockerd() ??
  (isProgram('docker') ? undefined : 'not installed: docker') ??
  (existsSync(BUNDLE) ? undefined : 'there is no bundle: run `npm run build` first');
if (missing !== undefined) process.stderr.write(`image: skipped, ${missing}\n`);

const IMAGE = 'meerkat:lab';
const BASE = 'meerkat-lab-base:1';
const objects = objectsOf(readManifest());
const agents = daemonSetOf(objects, 'meerkat');

/** This machine's Node and shell with what they are linked to: what `deploy/base-image` makes of packages, smaller. */
function packBase(into: string): void {
  const programs = [process.execPath, '/bin/sh', '/usr/bin/env'];
  const libraries = programs.flatMap(
    (program) => execFileSync('ldd', [program], { encoding: 'utf8' }).match(/\/\S+(?= \(0x)/g) ?? [],
  );
  const names = [`s,^${process.execPath.slice(1)}$,usr/local/bin/node,`];
  const files = [...new Set([...programs, ...libraries])].map((path) => path.slice(1));
  execFileSync('tar', ['-chf', into, ...names.map((one) => `--transform=${one}`), '-C', '/', ...files]);
}

const freePort = async (): Promise<number> =>
  await new Promise((resolve) => {
    const server = createServer().listen(0, '127.0.0.1', () => {
      const address = server.address();
      server.close(() => resolve(typeof address === 'object' ? (address?.port ?? 0) : 0));
    });
  });

describe.skipIf(missing !== undefined)('the image', () => {
  let dockerd: Dockerd;
  let port = 0;
  let containers: ManifestContainers;
  const docker: ManifestContainers['docker'] = async (...args) => containers.docker(...args);
  const run = async (container: Container): Promise<unknown> => {
    const env = {
      NODE_NAME: 'w1',
      MEERKAT_NODE_NAME: 'w1',
      MEERKAT_MESH_ENABLED: 'false',
      MEERKAT_HTTP_PORT: String(port),
      MEERKAT_HTTP_ADDRESS: '127.0.0.1',
    };
    const options = { image: IMAGE, network: 'host', user: '0:0', env };
    return docker('run', '--detach', ...containers.argsOf(container, options));
  };
  const checkOf = async (id: string): Promise<ApiCheck | undefined> => {
    const answer = await fetch(`http://127.0.0.1:${port}/api/v1/nodes/w1`);
    return ((await answer.json()) as ApiNode).checks.find(({ check }) => check === id);
  };

  beforeAll(async () => {
    dockerd = createDockerd();
    await dockerd.start();
    containers = createManifestContainers(dockerd);
    port = await freePort();
    const base = join(dockerd.directory, 'base.tar');
    packBase(base);
    await docker('import', base, BASE);
    await containers.build(BASE, IMAGE);
  });
  afterAll(async () => {
    await docker('rm', '--force', 'agent', 'runtime-probe', 'overlay').catch(() => {});
    await dockerd?.cleanUp();
  });

  it('holds the program, and little besides', async () => {
    const size = async (image: string): Promise<number> =>
      Number(await docker('image', 'inspect', '--format', '{{.Size}}', image));
    const ownMebibytes = ((await size(IMAGE)) - (await size(BASE))) / 2 ** 20;
    process.stdout.write(`the image adds ${ownMebibytes.toFixed(1)} MiB to its base\n`);
    expect(ownMebibytes).toBeLessThan(20);
    expect(await docker(...`run --rm ${LEAST}`.split(' '), IMAGE, 'version')).toMatch(/^meerkat \d/);
  });

  it('runs as the agent and as the runtime probe, which really starts a container', async () => {
    await run(containerOf(agents, 'runtime-probe'));
    await run(containerOf(agents, 'agent'));
    const isOk = (one: ApiCheck | undefined): boolean => one?.status === 'ok';
    await eventually(() => checkOf('container-runtime'), isOk, 60_000);
    await eventually(() => checkOf('container-start'), isOk, 90_000);
    const disks = await eventually(
      () => checkOf('disk-space'),
      (one) => (one?.readings.length ?? 0) > 1,
      30_000,
    );
    expect(disks?.readings.map(({ subject }) => subject)).toContain('/');
  });

  it('keeps the runtime’s socket from the agent', async () => {
    const look =
      'try { console.log(require("node:fs").readdirSync("/host/run").length) } catch (e) { console.log(e.code) }';
    expect(await docker('exec', 'agent', 'node', '-e', look)).toBe('ENOENT');
    expect(Number(await docker('exec', 'runtime-probe', 'node', '-e', look))).toBeGreaterThan(0);
  });

  it('has the command line beside the agent', async () => {
    expect(await docker('exec', 'agent', 'meerkat', 'status')).toContain('Checks on w1');
  });

  it('ends when it is told to, with what it knows on the disk', async () => {
    const beganAt = performance.now();
    await docker('stop', '--time', '10', 'agent', 'runtime-probe');
    process.stdout.write(`both ended after ${Math.round(performance.now() - beganAt)} ms\n`);
    for (const name of ['agent', 'runtime-probe'])
      expect([name, await docker('inspect', '--format', '{{.State.ExitCode}}', name)]).toEqual([name, '0']);
    expect(existsSync(join(containers.placeOf('data'), 'status.txt'))).toBe(true);
  });

  it('runs as the overlay responder, as a user without rights', async () => {
    const { command = [], args = [] } = containerOf(daemonSetOf(objects, 'meerkat-overlay'), 'overlay');
    const words = args.map((one) => one.replace(/\$\(\w+\)/, '127.0.0.1'));
    const flags = `run --detach --name overlay --network none --user 65532:65532 ${LEAST}`.split(' ');
    await docker(...flags, '--entrypoint', command[0] ?? '', IMAGE, ...command.slice(1), ...words);
    const said = await eventually(
      () => docker('logs', 'overlay'),
      (text) => text !== '',
      30_000,
    );
    expect(said).toBe('pinging from 127.0.0.1');
  });
});
