/** What daemonset.yaml promises, and that it fits the program. What a real API server says of it is in the lab. */
import { readFileSync } from 'node:fs';
import { join } from 'node:path';
import { describe, expect, it } from 'vitest';
import { type Node, type YAMLMap, isMap, isSeq } from 'yaml';
import { CHECKS } from '../checks/registry.ts';
import { loadConfig } from '../agent/base/config.ts';
import { mastersManifest } from '../tools/build/masters.ts';
import { prometheusRule } from '../tools/build/prometheus-rule.ts';
import { BUNDLE_FLAGS } from '../tools/build/run.ts';
import { schemaErrors } from './lib/kube-schema.ts';
import {
  type KubeObject,
  ROOT,
  containerOf,
  daemonSetOf,
  documentsOf,
  objectsOf,
  ofKinds,
  readManifest,
} from './lib/manifest.ts';

const text = readManifest();
const objects = objectsOf(text);
const MASTERS_FILE = 'deploy/control-plane-certificates/masters.yaml';
const masters = readFileSync(join(ROOT, MASTERS_FILE), 'utf8');
const { version } = JSON.parse(readFileSync(join(ROOT, 'package.json'), 'utf8')) as { readonly version: string };

const agents = daemonSetOf(objects, 'meerkat');
const overlay = daemonSetOf(objects, 'meerkat-overlay');
const ofMasters = daemonSetOf(objectsOf(masters), 'meerkat-masters');
const agent = containerOf(agents, 'agent');
const probe = containerOf(agents, 'runtime-probe');
const responder = containerOf(overlay, 'overlay');
const containers = [agent, probe, responder];

/** What an agent reads in its container; what the kubelet fills in is the same on no two nodes. */
function configInPod() {
  const [config] = ofKinds(objects, 'ConfigMap');
  const fromKubelet: Readonly<Record<string, string>> = {
    MEERKAT_NODE_NAME: 'w1',
    MEERKAT_MESH_ADDRESSES: '10.0.0.7',
  };
  const env = Object.fromEntries((agent.env ?? []).map(({ name, value }) => [name, value ?? fromKubelet[name]]));
  expect(Object.values(env)).not.toContain(undefined);
  return loadConfig(CHECKS, {
    args: [],
    env: { ...env, KUBERNETES_SERVICE_HOST: '10.96.0.1', KUBERNETES_SERVICE_PORT: '443' },
    readFile: (path) => {
      expect(path).toBe('/etc/meerkat/config.yaml');
      return config?.data['config.yaml'] ?? '';
    },
    hostname: 'another-name',
    home: '/root',
    uid: 0,
  });
}

describe('the API', () => {
  it.each([...objects, ofMasters].map((object) => [`${object.kind} ${object.metadata.name}`, object] as const))(
    'of version 1.34 knows every field of %s',
    (_, object) => {
      expect(schemaErrors(object)).toEqual([]);
    },
  );

  it('of version 1.34 would not know others', () => {
    expect(schemaErrors({ ...objects[0], spec: { finalisers: [] } } as unknown as KubeObject)).toMatchObject([
      { params: { additionalProperty: 'finalisers' } },
    ]);
    const changed = structuredClone(overlay) as unknown as { spec: { template: { spec: { containers: object[] } } } };
    changed.spec.template.spec.containers = [{ image: 'x', ports: [{ containerPort: '7577' }] }];
    expect(schemaErrors(changed as unknown as KubeObject)).toMatchObject([
      { params: { missingProperty: 'name' } },
      { params: { type: 'integer' } },
    ]);
  });

  it('before 1.21 knows them, too', () => {
    for (const field of ['hostIPs', 'maxSurge', 'internalTrafficPolicy', 'appArmorProfile', 'grpc'])
      expect(text).not.toContain(`${field}:`);
  });
});

describe('the program', () => {
  it('is of this version in all containers', () => {
    for (const { image } of containers) expect(image).toBe(`meerkat:${version}`);
    expect(readFileSync(join(ROOT, 'Dockerfile'), 'utf8')).toContain(`meerkat:${version} .`);
  });

  it('is started as the image starts it', () => {
    const docker = readFileSync(join(ROOT, 'Dockerfile'), 'utf8');
    const entry = JSON.parse(/^ENTRYPOINT (\[.*\])$/m.exec(docker)?.[1] ?? '[]') as string[];
    const [init, node, program] = [entry[0], entry[1], entry.at(-1)];
    expect([init, node, program]).toEqual(['/opt/meerkat/init.sh', 'node', '/opt/meerkat/meerkat.js']);
    expect(entry.slice(2, -1)).toEqual(BUNDLE_FLAGS);
    expect(docker).toMatch(/^COPY deploy\/image\/init\.sh dist \/opt\/meerkat\/$/m);
    expect(docker).not.toMatch(/^RUN/m);
    for (const { command = [] } of [probe, responder])
      expect([command[0], command[1], command.at(-1)]).toEqual([init, node, program]);
  });

  it('takes its configuration', () => {
    const config = configInPod();
    expect(config.node.name).toBe('w1');
    expect(config.mesh.addresses).toEqual(['10.0.0.7']);
    expect(config.kubernetes.apiServers).toEqual(['https://10.96.0.1:443']);
    expect(config.dataDirectory).toBe(mountOf('data'));
    const { host, runtime, http, kubernetes } = config;
    expect(host).toEqual({ root: '/host', proc: '/proc', sys: '/sys', mountTable: mountOf('mount-table') });
    expect(runtime.probeSocket).toBe(probe.args?.find((one) => one.startsWith('--socket='))?.slice('--socket='.length));
    expect(runtime.probeSocket.startsWith(`${mountOf('runtime-probe')}/`)).toBe(true);
    expect(kubernetes.tokenFile.startsWith(`${mountOf('service-account')}/`)).toBe(true);
    expect(objects).toContainEqual(
      expect.objectContaining({ kind: 'Secret', metadata: expect.objectContaining({ name: kubernetes.keySecret }) }),
    );
    const [service] = ofKinds(objects, 'Service');
    expect(http.hostNames).toContain(`${service?.metadata.name}.meerkat.svc`);
  });

  const mountOf = (name: string) => agent.volumeMounts.find((one) => one.name === name)?.mountPath;

  it('listens on the ports that are said', () => {
    const { http, mesh, overlay: calls } = configInPod();
    expect(agent.ports).toEqual([
      { name: 'http', containerPort: http.port, hostPort: http.port, protocol: 'TCP' },
      { name: 'gossip', containerPort: mesh.port, hostPort: mesh.port, protocol: 'TCP' },
      { name: 'overlay', containerPort: calls.port, hostPort: calls.port, protocol: 'UDP' },
    ]);
    expect(responder.ports).toEqual([{ name: 'pings', containerPort: calls.port, protocol: 'UDP' }]);
  });
});

describe('what is asked for', () => {
  it.each([
    ['daemonset.yaml', text],
    [MASTERS_FILE, masters],
  ])('says why beside every mount and every right: %s', (_, manifest) => {
    const without: string[] = [];
    const look = (items: Node | undefined, of: string): void => {
      if (!isSeq(items)) return;
      // The comment before the first item is the list's.
      items.items.forEach((item, index) => {
        const comment = (item as Node).commentBefore ?? (index === 0 ? items.commentBefore : undefined);
        const name = JSON.stringify(isMap(item) ? (item.get('name') ?? item) : item);
        if (comment === undefined) without.push(`${of}: ${name}`);
      });
    };
    for (const document of documentsOf(manifest)) {
      const of = `${String(document.get('kind'))} ${String(document.getIn(['metadata', 'name']))}`;
      look(document.get('rules') as Node | undefined, of);
      const list = document.getIn(['spec', 'template', 'spec', 'containers']);
      if (!isSeq(list)) continue;
      for (const container of list.items as YAMLMap[]) {
        look(container.get('volumeMounts') as Node | undefined, `${of}, ${String(container.get('name'))}`);
        look(container.get('env') as Node | undefined, `${of}, ${String(container.get('name'))}`);
      }
    }
    expect(without).toEqual([]);
  });

  it.each([agents, overlay, ofMasters])('mounts what is there, and all of it: $metadata.name', ({ spec }) => {
    const { volumes, containers: all } = spec.template.spec;
    const mounted = all.flatMap(({ volumeMounts }) => volumeMounts);
    expect(new Set(mounted.map(({ name }) => name))).toEqual(new Set(volumes.map(({ name }) => name)));
    for (const { name, hostPath } of volumes) {
      if (hostPath === undefined) continue;
      for (const mount of mounted.filter((one) => one.name === name)) {
        const isOwn = hostPath.path === '/var/lib/meerkat';
        expect([name, mount.readOnly === true]).toEqual([name, !isOwn]);
        expect([name, mount.mountPath]).toEqual([name, isOwn ? hostPath.path : `/host${hostPath.path}`]);
        // Where pods are mounted, a copy of a mount would keep a device busy that the node has let go.
        const hasMountsBelow = ['/run', '/var/lib/kubelet', '/var/lib/etcd'].includes(hostPath.path);
        expect([name, mount.mountPropagation]).toEqual([name, hasMountsBelow ? 'HostToContainer' : undefined]);
      }
    }
  });

  it('shows the agent no secret of the node, and not the runtime’s socket', () => {
    const paths = (container: typeof agent) =>
      container.volumeMounts.flatMap(({ name }) => {
        const volume = agents.spec.template.spec.volumes.find((one) => one.name === name);
        return volume?.hostPath?.path ?? [];
      });
    expect(paths(agent)).toEqual([
      '/var/lib/meerkat',
      '/proc/1/mountinfo',
      '/etc/kubernetes/manifests',
      '/etc/machine-id',
    ]);
    expect(paths(probe)).toEqual(['/run', '/var/lib/kubelet']);
    // Of two containers with one user and the same powers either could look into the other, where it sees its processes.
    expect(agents.spec.template.spec).not.toHaveProperty('shareProcessNamespace');
    expect(agents.spec.template.spec).not.toHaveProperty('hostPID');
    expect(probe.volumeMounts.map(({ name }) => name)).not.toContain('service-account');
  });

  it.each(containers)('takes no power: $name', ({ securityContext }) => {
    expect(securityContext).toMatchObject({
      privileged: false,
      allowPrivilegeEscalation: false,
      readOnlyRootFilesystem: true,
      capabilities: { drop: ['ALL'] },
    });
    expect(securityContext['capabilities']).not.toHaveProperty('add');
  });

  it('keeps the responder to what the level `restricted` of pod security allows', () => {
    // https://kubernetes.io/docs/concepts/security/pod-security-standards/
    const { spec } = overlay.spec.template;
    expect(spec['securityContext']).toMatchObject({ runAsNonRoot: true, seccompProfile: { type: 'RuntimeDefault' } });
    for (const field of ['hostNetwork', 'hostPID', 'hostIPC']) expect(spec).not.toHaveProperty(field);
    expect(spec.volumes).toEqual([expect.objectContaining({ secret: expect.anything() as object })]);
    expect(responder.ports?.some(({ hostPort }) => hostPort !== undefined)).toBe(false);
    expect(spec['automountServiceAccountToken']).toBe(false);
  });

  it.each(containers)('has a bound on memory, and none on CPU: $name', ({ resources }) => {
    expect(Object.keys(resources.limits)).toEqual(['memory']);
    expect(Object.keys(resources.requests)).toEqual(['cpu', 'memory']);
  });
});

it('selects each kind of pod by a label that no other has', () => {
  const all = [agents, overlay, ofMasters];
  for (const { spec } of all) {
    const fits = all.filter((other) =>
      Object.entries(spec.selector.matchLabels).every(
        ([name, value]) => other.spec.template.metadata.labels[name] === value,
      ),
    );
    expect(fits.map(({ spec: { selector } }) => selector)).toEqual([spec.selector]);
  }
});

it('is what other manifests were made from: node tools/manifests.ts', () => {
  expect(mastersManifest(text)).toBe(masters);
  const read = (path: string): string => readFileSync(join(ROOT, 'deploy', path), 'utf8');
  const rules = read('prometheus/rules.yaml');
  const made = read('prometheus-operator/rules.yaml');
  expect(prometheusRule(rules)).toBe(made);
  expect(objectsOf(made)).toMatchObject([{ spec: objectsOf(rules)[0] }]);
});
