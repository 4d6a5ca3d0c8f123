/** The configuration of node-problem-detector, by the rules that it starts with, and ours of what may be a condition. */
import { readFileSync, statSync } from 'node:fs';
import { join } from 'node:path';
import { expect, it } from 'vitest';
import { parseAllDocuments } from 'yaml';
import { createCatalogue } from '../agent/catalogue.ts';
import { diagnose } from '../agent/diagnosis/diagnose.ts';
import { NOW, type Scene, createScene, failing } from '../agent/diagnosis/testing.ts';
import { type HealthScope, healthOf } from '../agent/model/health.ts';
import { CHECKS } from '../checks/registry.ts';
import { NPD_DIRECTORY } from './lib/npd-plugin.ts';

interface Monitor {
  readonly plugin: string;
  readonly pluginConfig: Readonly<Record<string, unknown>>;
  readonly source: string;
  readonly conditions: readonly { readonly type: string; readonly reason: string; readonly message: string }[];
  readonly rules: readonly {
    readonly type: string;
    readonly condition: string;
    readonly reason: string;
    readonly path: string;
    readonly args: readonly string[];
    readonly timeout: string;
  }[];
}

/**
 * What many nodes see at once when one thing is broken, what is about other nodes or about pods, and what the operator
 * gives a meaning of its own. As conditions they could make something replace every node.
 */
const NO_CONDITIONS = [
  'etcd',
  'apiserver',
  'apiserver-address',
  'scheduler',
  'controller-manager',
  'node-object',
  'kube-proxy',
  'pod-network',
  'reachability',
  'overlay',
  'service-ip',
  'dns',
  'pods',
  'cpu-pressure',
  'neighbours',
  'clock',
  'certificates',
  'systemd',
  'system-settings',
  'exec',
  'http',
  'tcp',
  'logs',
];

const MOUNTED = '/opt/meerkat';
const text = (name: string): string => readFileSync(join(NPD_DIRECTORY, name), 'utf8');
const monitor = (name: string): Monitor => JSON.parse(text(name)) as Monitor;

it.each(['meerkat-checks.json', 'meerkat-node.json'])('%s is what node-problem-detector starts with', (name) => {
  const { plugin, pluginConfig, source, conditions, rules } = monitor(name);

  expect({ plugin, source, pluginConfig }).toEqual({
    plugin: 'custom',
    source: 'meerkat',
    pluginConfig: {
      invoke_interval: '30s',
      timeout: '5s',
      max_output_length: 80,
      concurrency: 3,
      enable_message_change_based_condition_update: true,
      skip_initial_status: true,
    },
  });
  // Two rules for one condition undo each other.
  expect(rules.map(({ condition }) => condition)).toEqual(conditions.map(({ type }) => type));
  expect(new Set(conditions.map(({ type }) => type)).size).toBe(conditions.length);
  for (const { type, condition, reason, path, timeout } of rules) {
    // A temporary one is an Event at every run, also at an unknown one.
    expect({ type, path, timeout }).toEqual({
      type: 'permanent',
      path: `${MOUNTED}/meerkat-health.sh`,
      timeout: '5s',
    });
    // True means a problem. Names without ours are those of other detectors, and each would undo the other's word.
    expect(condition).toMatch(/^Meerkat[A-Za-z]+Problem$/);
    expect(reason).toBe(condition);
  }
  // It is the reason of what is unknown, too.
  for (const { reason } of conditions) expect(reason).toBe('NoProblemSeen');
});

it('makes conditions of what is about one node alone, and of every check it is known whether it is that', () => {
  const { rules } = monitor('meerkat-checks.json');
  const args = rules.map((rule) => rule.args);

  expect(args.filter(([, severity]) => severity !== 'critical')).toEqual([]);
  expect([...args.map(([scope = '']) => scope.replace(/^check:/, '')), ...NO_CONDITIONS].toSorted()).toEqual(
    CHECKS.map(({ id }) => id).toSorted(),
  );
  expect(monitor('meerkat-node.json').rules.map((rule) => rule.args)).toEqual([['node', 'critical']]);
});

/** On how many of five nodes a condition is true while this is so. */
function trueOn(name: string, scene: Scene): number {
  const scopes = monitor(name).rules.map(({ args: [scope = ''] }): HealthScope => {
    const check = /^check:(.*)$/.exec(scope)?.[1];
    return check === undefined ? 'node' : { check };
  });
  return NODES.filter((node) => {
    const state = scene.from(node);
    const diagnosis = diagnose(state, NOW, createCatalogue(CHECKS));
    return scopes.some((scope) => healthOf(scope, state, diagnosis, 'critical', NOW).verdict === 'problem');
  }).length;
}

const NODES = ['m1', 'm2', 'm3', 'w1', 'w2'];
const MASTERS = NODES.slice(0, 3);
const on = (nodes: readonly string[], check: string, reason: string): Scene =>
  nodes.reduce((scene, node) => scene.report(node, failing(check, reason, 'it fails')), createScene(NODES));

it.each([
  ['the DNS of the cluster is down', on(NODES, 'dns', 'DnsDown'), { checks: 0, node: 5 }],
  ['etcd has no quorum', on(MASTERS, 'etcd', 'EtcdNoLeader'), { checks: 0, node: 3 }],
  ['a kubelet is down', on(['w1'], 'kubelet', 'KubeletDown'), { checks: 1, node: 1 }],
])('is true on no node that is well while %s, unlike the one that is for people', (_, scene, expected) => {
  expect({ checks: trueOn('meerkat-checks.json', scene), node: trueOn('meerkat-node.json', scene) }).toEqual(expected);
});

it('is mounted where the rules look for it, so that it can be executed, by a detector that opens no port', () => {
  const daemonSet = parseAllDocuments(text('node-problem-detector.yaml'))
    .map((document) => document.toJS() as { readonly kind: string; readonly spec?: { readonly template: unknown } })
    .find(({ kind }) => kind === 'DaemonSet');

  expect(daemonSet?.spec?.template).toMatchObject({
    spec: {
      hostNetwork: true,
      containers: [
        {
          command: expect.arrayContaining([
            '--port=0',
            '--prometheus-port=0',
            `--config.custom-plugin-monitor=${MOUNTED}/meerkat-checks.json`,
          ]),
          volumeMounts: [{ name: 'plugin', mountPath: MOUNTED, readOnly: true }],
        },
      ],
      volumes: [{ name: 'plugin', configMap: { name: 'meerkat-npd', defaultMode: 0o555 } }],
    },
  });
  for (const name of ['meerkat-health.sh', 'meerkat-checks.json', 'meerkat-node.json']) {
    expect(text('kustomization.yaml')).toContain(`- ${name}\n`);
  }
  expect(statSync(join(NPD_DIRECTORY, 'meerkat-health.sh')).mode & 0o111).toBe(0o111);
});
