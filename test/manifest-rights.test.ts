/** The rights in daemonset.yaml against what the agent asks the Kubernetes API: each call is allowed, each right is used. */
import { globSync, readFileSync } from 'node:fs';
import { join } from 'node:path';
import { describe, expect, it } from 'vitest';
import { CONTROLLER_LEASES, NODE_LEASES } from '../agent/kube/leases.ts';
import { ROOT, type Verb, objectsOf, ofKinds, readManifest } from './lib/manifest.ts';

interface Request {
  readonly verb: Verb;
  readonly group: string;
  readonly resource: string;
  /** Undefined: of the whole cluster. */
  readonly namespace?: string;
  readonly name?: string;
}

const NODES = { group: '', resource: 'nodes' } as const;
const LEASES = { group: 'coordination.k8s.io', resource: 'leases' } as const;
const KEY = { group: '', resource: 'secrets', namespace: 'meerkat', name: 'meerkat-cluster-key' } as const;
const CONTROLLERS = ['kube-scheduler', 'kube-controller-manager'] as const;

/** By file and path of the API, as they stand in the source. */
const CALLS: Readonly<Record<string, readonly Request[]>> = {
  'own-node.ts /api/v1/nodes/${encodeURIComponent(name)}': [{ ...NODES, verb: 'get', name: 'w1' }],
  'node-seeds.ts /api/v1/nodes?limit=${PAGE}${place}': [{ ...NODES, verb: 'list' }],
  'roster-reader.ts /api/v1/nodes': [
    { ...NODES, verb: 'list' },
    { ...NODES, verb: 'watch' },
  ],
  'own-pods.ts /api/v1/namespaces/${encodeURIComponent(only)}/pods': [
    { group: '', resource: 'pods', verb: 'list', namespace: 'kube-system' },
    { group: '', resource: 'pods', verb: 'watch', namespace: 'kube-system' },
  ],
  // With other `kubernetes.podNamespaces`, for which the operator adds the right.
  'own-pods.ts /api/v1/pods': [],
  'leases.ts /apis/coordination.k8s.io/v1/namespaces/${namespace}/leases': [
    { ...LEASES, verb: 'get', namespace: NODE_LEASES.namespace, name: 'w1' },
    { ...LEASES, verb: 'list', namespace: NODE_LEASES.namespace },
    // There are two: never so many that all are listed.
    ...CONTROLLERS.map((name) => ({ ...LEASES, verb: 'get' as const, namespace: CONTROLLER_LEASES.namespace, name })),
  ],
  'events/event-reader.ts /api/v1/events': [
    { group: '', resource: 'events', verb: 'list' },
    { group: '', resource: 'events', verb: 'watch' },
  ],
  'api-servers.ts /apis/discovery.k8s.io/v1/namespaces/default/endpointslices?labelSelector=kubernetes.io%2Fservice-name%3Dkubernetes':
    [{ group: 'discovery.k8s.io', resource: 'endpointslices', verb: 'list', namespace: 'default' }],
  'api-servers.ts /api/v1/namespaces/default/endpoints/kubernetes': [
    { group: '', resource: 'endpoints', verb: 'get', namespace: 'default', name: 'kubernetes' },
  ],
  'key-secret.ts /api/v1/namespaces/kube-system': [
    { group: '', resource: 'namespaces', verb: 'get', name: 'kube-system' },
  ],
  'key-secret.ts /api/v1/namespaces/${encodeURIComponent(namespace)}/secrets/${encodeURIComponent(name)}': [
    { ...KEY, verb: 'get' },
    { ...KEY, verb: 'update' },
  ],
};

const KUBE = join(ROOT, 'agent/kube');
const sources = globSync('**/*.ts', { cwd: KUBE })
  .filter((path) => !/(\.test|testing)\.ts$/.test(path))
  .map((path) => ({ path, code: withoutComments(readFileSync(join(KUBE, path), 'utf8')) }));

function withoutComments(code: string): string {
  return code.replaceAll(/\/\*[\s\S]*?\*\//g, '').replaceAll(/^\s*\/\/.*$/gm, '');
}

const requests = Object.values(CALLS).flat();
const roles = ofKinds(objectsOf(readManifest()), 'ClusterRole', 'Role');
/** One by one: a verb on a resource, of one name or of all. */
const rights = roles.flatMap(({ metadata, rules }) =>
  rules.flatMap(({ apiGroups, resources, resourceNames = [undefined], verbs }) =>
    apiGroups.flatMap((group) =>
      resources.flatMap((resource) =>
        resourceNames.flatMap((name) =>
          verbs.map((verb) => ({ verb, group, resource, name, namespace: metadata.namespace })),
        ),
      ),
    ),
  ),
);
type Right = (typeof rights)[number];

/** https://kubernetes.io/docs/reference/access-authn-authz/rbac/: a right with names allows no request without one. */
const allows = (right: Right, request: Request): boolean =>
  right.verb === request.verb &&
  right.group === request.group &&
  right.resource === request.resource &&
  (right.namespace === undefined || right.namespace === request.namespace) &&
  (right.name === undefined || right.name === request.name);

const spoken = ({ verb, resource, namespace, name }: Request | Right): string =>
  [verb, resource, name ?? '', namespace === undefined ? '' : `in ${namespace}`]
    .filter((word) => word !== '')
    .join(' ');

describe('what the agent asks the API', () => {
  it('is all in this file', () => {
    const found = sources.flatMap(({ path, code }) =>
      [...code.matchAll(/['`](\/apis?\/[^'`]*)['`]/g)].map(([, literal = '']) => `${path} ${literal}`),
    );
    expect(found.sort()).toEqual(Object.keys(CALLS).sort());
  });

  it('changes nothing but the Secret, and watches Nodes, pods and Events alone', () => {
    const filesWith = (call: RegExp): string[] => sources.filter(({ code }) => call.test(code)).map(({ path }) => path);
    expect(filesWith(/client\.put\(/)).toEqual(['key-secret.ts']);
    expect(filesWith(/[^n] startListWatch[<(]/).sort()).toEqual(['own-pods.ts', 'roster-reader.ts']);
    expect(filesWith(/[^n] startFollowing[<(]/).sort()).toEqual(['api/list-watch.ts', 'events/event-reader.ts']);
    expect(filesWith(/client\.watch\(/)).toEqual(['api/follow.ts']);
    expect(filesWith(/method: '(?!GET|PUT)/)).toEqual([]);
  });

  it('is asked from nowhere else', () => {
    const others = globSync(['agent/**/*.ts', 'checks/**/*.ts'], { cwd: ROOT }).filter(
      (path) => !path.endsWith('.test.ts') && readFileSync(join(ROOT, path), 'utf8').includes('createKubeClient('),
    );
    expect(others.sort()).toEqual(['agent/kube/api/client.ts', 'agent/kube/kube.ts']);
  });
});

describe('a right', () => {
  it.each(requests.map((request) => [spoken(request), request] as const))('is there to %s', (_, request) => {
    expect(rights.filter((right) => allows(right, request))).not.toEqual([]);
  });

  it.each(rights.map((right) => [spoken(right), right] as const))('is used: %s', (_, right) => {
    expect(requests.filter((request) => allows(right, request))).not.toEqual([]);
  });

  it('is the agent’s alone, and of no more than it names', () => {
    const bindings = ofKinds(objectsOf(readManifest()), 'ClusterRoleBinding', 'RoleBinding');
    expect(bindings.map(({ metadata, kind }) => `${kind} ${metadata.namespace ?? ''}`)).toEqual(
      roles.map(({ metadata, kind }) => `${kind}Binding ${metadata.namespace ?? ''}`),
    );
    for (const { kind, roleRef, subjects } of bindings) {
      expect(roleRef).toMatchObject({ kind: kind.replace('Binding', ''), name: 'meerkat' });
      expect(subjects).toEqual([{ kind: 'ServiceAccount', name: 'meerkat', namespace: 'meerkat' }]);
    }
    for (const { verb, group, resource } of rights) expect(`${verb}${group}${resource}`).not.toContain('*');
  });
});
