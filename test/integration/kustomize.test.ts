/** The components in `deploy/`, each alone and all together, as kubectl puts them on daemonset.yaml. */
import { spawnSync } from 'node:child_process';
import { existsSync, mkdtempSync, readFileSync, readdirSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { schemaErrors } from '../lib/kube-schema.ts';
import { chooseComponents, copyManifests } from '../lib/kustomization.ts';
import { type KubeObject, ROOT, containerOf, daemonSetOf, objectsOf, ofKinds } from '../lib/manifest.ts';

/** kustomize's Components need kubectl 1.21. */
const version = spawnSync('kubectl', ['version', '--client', '--output=json'], { encoding: 'utf8' }).stdout ?? '';
const minor = Number(/"minor": "(\d+)/.exec(version)?.[1] ?? 0);
const missing = minor >= 21 ? undefined : 'kubectl 1.21 or newer is not installed';
if (missing !== undefined) process.stderr.write(`kustomize: skipped, ${missing}\n`);

const isComponent = (path: string): boolean =>
  existsSync(path) && /^kind: Component$/m.test(readFileSync(path, 'utf8'));
const COMPONENTS = readdirSync(join(ROOT, 'deploy')).filter((name) =>
  isComponent(join(ROOT, 'deploy', name, 'kustomization.yaml')),
);
const ALL = ['control-plane-certificates', ...COMPONENTS.filter((name) => name !== 'control-plane-certificates')];

describe.skipIf(missing !== undefined)('kustomize', () => {
  let directory = '';
  beforeAll(() => {
    directory = mkdtempSync(join(tmpdir(), 'meerkat-kustomize-'));
    copyManifests(directory);
  });
  afterAll(() => rmSync(directory, { recursive: true, force: true }));

  /** With nothing on standard error: kustomize warns of what it will not take for long. */
  function build(components: readonly string[]): readonly KubeObject[] {
    chooseComponents(directory, components);
    const { status, stdout, stderr } = spawnSync('kubectl', ['kustomize', directory], { encoding: 'utf8' });
    expect([stderr, status]).toEqual(['', 0]);
    return objectsOf(stdout);
  }
  const envOf = (objects: readonly KubeObject[], of = 'meerkat'): Record<string, string | undefined> =>
    Object.fromEntries(
      (containerOf(daemonSetOf(objects, of), 'agent').env ?? []).map(({ name, value }) => [name, value]),
    );
  const volumesOf = (objects: readonly KubeObject[], of = 'meerkat'): readonly string[] =>
    daemonSetOf(objects, of).spec.template.spec.volumes.map(({ name }) => name);

  it.each([...COMPONENTS.map((name) => [name]), ALL])('is valid with %s', (...components) => {
    const objects = build(components);
    for (const object of objects.filter(({ apiVersion }) => !apiVersion.startsWith('monitoring.coreos.com/')))
      expect([object.metadata.name, ...schemaErrors(object)]).toEqual([object.metadata.name]);
    for (const { spec } of ofKinds(objects, 'DaemonSet')) {
      const { volumes, containers } = spec.template.spec;
      const mounted = new Set(containers.flatMap(({ volumeMounts }) => volumeMounts.map(({ name }) => name)));
      expect([...mounted].sort()).toEqual(volumes.map(({ name }) => name).sort());
    }
  });

  it('is the base where nothing is taken', () => {
    const { stdout } = spawnSync('kubectl', ['kustomize', ROOT], { encoding: 'utf8' });
    expect(objectsOf(stdout)).toEqual(build([]));
  });

  it('takes the runtime’s socket away', () => {
    const objects = build(['no-container-start']);
    expect(daemonSetOf(objects, 'meerkat').spec.template.spec.containers.map(({ name }) => name)).toEqual(['agent']);
    for (const volume of ['run', 'kubelet', 'runtime-probe']) expect(volumesOf(objects)).not.toContain(volume);
    expect(envOf(objects)).toMatchObject({
      MEERKAT_CHECKS_CONTAINER_RUNTIME_ENABLED: 'false',
      MEERKAT_CHECKS_CONTAINER_START_ENABLED: 'false',
      MEERKAT_CHECKS_POD_NETWORK_ENABLED: 'false',
    });
  });

  it('asks readers for a token', () => {
    const objects = build(['token']);
    const mount = containerOf(daemonSetOf(objects, 'meerkat'), 'agent').volumeMounts.find(
      ({ name }) => name === 'token',
    );
    expect(mount).toMatchObject({ readOnly: true });
    expect(envOf(objects)).toMatchObject({
      MEERKAT_HTTP_ACCESS: 'token',
      MEERKAT_HTTP_TOKEN_FILE: `${mount?.mountPath}/token`,
    });
  });

  it('gives the agent, and nobody else, the kernel’s log', () => {
    const agents = daemonSetOf(build(['kernel-log']), 'meerkat');
    expect(containerOf(agents, 'agent').securityContext).toMatchObject({
      privileged: true,
      allowPrivilegeEscalation: true,
      capabilities: { add: ['SYSLOG'] },
    });
    expect(containerOf(agents, 'agent').securityContext['capabilities']).not.toHaveProperty('drop');
    expect(containerOf(agents, 'runtime-probe').securityContext).toMatchObject({ privileged: false });
  });

  it('gives the agent, and nobody else, the secrets of those who are told, and starts without them', () => {
    for (const [of, objects] of [
      ['meerkat', build(['notifications'])],
      ['meerkat-masters', build(['control-plane-certificates', 'notifications'])],
    ] as const) {
      const set = daemonSetOf(objects, of);
      const mount = containerOf(set, 'agent').volumeMounts.find(({ name }) => name === 'notifications');
      expect(mount).toEqual({
        name: 'notifications',
        mountPath: '/run/secrets/meerkat-notifications',
        readOnly: true,
      });
      expect(JSON.stringify(containerOf(set, 'runtime-probe').volumeMounts)).not.toContain('notifications');
      expect(set.spec.template.spec.volumes.find(({ name }) => name === 'notifications')).toMatchObject({
        secret: { secretName: 'meerkat-notifications', optional: true },
      });
    }
  });

  it('gives the agent, and nobody else, the logs of pods to read', () => {
    const agents = daemonSetOf(build(['logs']), 'meerkat');
    const mount = containerOf(agents, 'agent').volumeMounts.find(({ name }) => name === 'pod-logs');
    expect(mount).toMatchObject({ mountPath: '/host/var/log/pods', readOnly: true });
    expect(JSON.stringify(containerOf(agents, 'runtime-probe').volumeMounts)).not.toContain('pod-logs');
  });

  it('gives masters their certificates, each node one agent, and both what else is taken', () => {
    const objects = build(ALL);
    const operatorOf = (name: string): unknown =>
      JSON.stringify(daemonSetOf(objects, name).spec.template.spec['affinity']).match(/"operator":"(\w+)"/)?.[1];
    expect(operatorOf('meerkat')).toBe('DoesNotExist');
    expect(operatorOf('meerkat-masters')).toBe('Exists');
    expect(volumesOf(objects)).not.toContain('etcd-health-key');
    expect(volumesOf(objects, 'meerkat-masters')).toContain('etcd-health-key');
    for (const name of ['meerkat', 'meerkat-masters']) {
      expect(envOf(objects, name)).toMatchObject({ MEERKAT_HTTP_ACCESS: 'token' });
      expect(containerOf(daemonSetOf(objects, name), 'agent').securityContext).toMatchObject({ privileged: true });
    }
    // Of keys this one alone.
    expect(
      JSON.stringify(objects)
        .match(/[\w./-]+\.key"/g)
        ?.filter((path) => path.startsWith('/etc/kubernetes')),
    ).toEqual(['/etc/kubernetes/pki/etcd/healthcheck-client.key"']);
  });

  it('lets the agent see pods of the network in other namespaces', () => {
    const objects = build(['control-plane-certificates', 'network-pods']);
    const binding = objects.find(
      ({ kind, metadata }) => kind === 'ClusterRoleBinding' && metadata.name === 'meerkat-pods',
    );
    expect(binding).toMatchObject({
      roleRef: { kind: 'ClusterRole', name: 'meerkat-pods' },
      subjects: [{ kind: 'ServiceAccount', name: 'meerkat', namespace: 'meerkat' }],
    });
    expect(
      objects.find(({ kind, metadata }) => kind === 'ClusterRole' && metadata.name === 'meerkat-pods'),
    ).toMatchObject({
      rules: [{ resources: ['pods'], verbs: ['list', 'watch'] }],
    });
    for (const name of ['meerkat', 'meerkat-masters'])
      expect(envOf(objects, name)['MEERKAT_KUBERNETES_POD_NAMESPACES']?.split(',')).toEqual(
        expect.arrayContaining(['kube-system', 'calico-system', 'kube-flannel', 'cilium']),
      );
  });

  it('lets a Prometheus find the Service of all agents', () => {
    const objects = build(['prometheus-operator']);
    const [monitor] = ofKinds(objects, 'ServiceMonitor');
    const services = ofKinds(objects, 'Service');
    const [found, ...more] = services.filter(({ metadata }) =>
      Object.entries(monitor?.spec.selector.matchLabels ?? { none: '' }).every(
        ([name, value]) => metadata.labels?.[name] === value,
      ),
    );
    expect([found?.metadata.name, more]).toEqual(['meerkat-agents', []]);
    expect(found?.spec.ports.map(({ name }) => name)).toContain(monitor?.spec.endpoints[0]?.port);
  });
});

it('has every component in the kustomization and in the documentation', () => {
  const listed = readFileSync(join(ROOT, 'kustomization.yaml'), 'utf8').match(/deploy\/[\w-]+/g);
  expect(listed?.map((path) => path.slice('deploy/'.length)).sort()).toEqual(COMPONENTS.toSorted());
  const operations = readFileSync(join(ROOT, 'docs/operations.md'), 'utf8');
  for (const name of COMPONENTS) expect(operations).toContain(`\n| \`${name}\` `);
});
