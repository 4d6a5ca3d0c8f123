import { Type } from 'typebox';
import { judgeEtcd } from './lib/etcd/judge.ts';
import { type EtcdState, createEtcdState, observeEtcd } from './lib/etcd/observe.ts';
import { ETCD_REASONS } from './lib/etcd/reasons.ts';
import type { EtcdConfig } from './lib/etcd/target.ts';
import { enabledUnit, existingFile, staticManifest } from './lib/presence.ts';
import { type CheckContext, defineCheck, type HostFiles } from './types.ts';

const path = (what: string): ReturnType<typeof Type.String> => Type.String({ default: '', description: what });

export const etcd = defineCheck({
  id: 'etcd',
  title: 'etcd member',
  description: [
    'The etcd member of this node. A read that it serves from its own data and a read that needs the majority are made',
    'side by side: the first without the second is a member that runs and has no quorum. Its status tells the leader,',
    'the alarms and the size of the database; every 10 s its metrics tell the quota. Where the client port asks for a',
    'certificate that the agent has not, /health and /livez of the metrics port tell the same with less detail. How long',
    'syncs of the log and commits took in the last 30 s, and how often the leader changed in the last 5 min, is what the',
    'metrics grew by. Every 30 s the members that this one lists are asked whether they are of the same cluster and live',
    'where they say, and the files tell whether etcd trusts the certificate of this node’s API server. The revision of a read',
    'through the majority never falls, unless older data were restored.',
  ].join(' '),
  intervalMs: 3000,
  timeoutMs: 1000,
  runsOn: 'etcd members',
  config: Type.Object(
    {
      endpoint: path(
        'The client URL. Empty: what the static manifest or etcd’s configuration names, else port 2379 on loopback, with TLS and without.',
      ),
      metricsEndpoint: path(
        'The URL of --listen-metrics-urls. Empty: what the same files name, else http://127.0.0.1:2381.',
      ),
      certFile: path(
        'A client certificate (PEM). Empty: the one that kubeadm, k3s or RKE2 makes for health checks, else etcd’s own.',
      ),
      keyFile: path('The key of certFile (PEM).'),
      caFile: path(
        'Who must have signed etcd’s certificate (PEM). Empty: it is not verified, because the check asks whether etcd works and sends no secret.',
      ),
      nearQuotaRatio: Type.Number({
        default: 0.8,
        minimum: 0,
        maximum: 1,
        description: 'A warning above this share of the database’s quota.',
      }),
      slowSeconds: Type.Number({
        default: 0.5,
        exclusiveMinimum: 0,
        description:
          'A warning when syncs of the log, or commits, take longer than this: the 99th percentile of 30 s, and three of them at least.',
      }),
    },
    { additionalProperties: false },
  ),
  reasons: ETCD_REASONS,
  readings: {
    serializable_seconds: { title: 'Read of the member’s own data' },
    linearizable_seconds: { title: 'Read through the majority', shared: true },
    leader_count: { title: 'Leader that the member follows: 1, or 0 without one' },
    leader_changes_total: { title: 'Changes of the leader since the member started', shared: true },
    fsync_p99_seconds: { title: 'Sync of the write-ahead log, 99th percentile of 30 s', shared: true },
    commit_p99_seconds: { title: 'Commit of the database, 99th percentile of 30 s' },
    proposals_pending_count: { title: 'Writes that wait for the majority' },
    db_size_bytes: { title: 'Size of the database' },
    db_quota_bytes: { title: 'Quota of the database' },
    db_quota_ratio: { title: 'Size of the database against its quota', shared: true },
  },
  needs: [
    'A client certificate of etcd, or its metrics port without one (kubeadm: http://127.0.0.1:2381); without both the check is unknown and names the certificate.',
    '/etc/kubernetes/manifests/etcd.yaml to know where etcd listens, and that it belongs here.',
    'The host’s network.',
  ],
  presence: {
    reason: 'EtcdDown',
    traces: async ({ config, host }) => {
      const configured = config.endpoint === '' ? config.metricsEndpoint : config.endpoint;
      return configured === '' ? await etcdTrace(host) : `configured endpoint ${configured}`;
    },
  },
  createState: createEtcdState,
  run: async (context) => {
    const observation = await observeEtcd(context);
    const isStranger = ['silent', 'broken'].includes(observation.access) && !(await belongsHere(context));
    const { nearQuotaRatio, slowSeconds } = context.config;
    return judgeEtcd(observation, { nearQuotaRatio, slowMs: slowSeconds * 1000, isStranger });
  },
});

/** k3s runs etcd inside its server; the directory is there only where it keeps its own database in etcd. */
async function etcdTrace(host: HostFiles): Promise<string | undefined> {
  return (
    (await staticManifest(host, ['etcd'])) ??
    (await existingFile(host, ['/var/lib/rancher/k3s/server/db/etcd/config'])) ??
    (await enabledUnit(host, ['etcd.service']))
  );
}

/** What says that a silent port is etcd's. The runner knows more: whether it was seen here by an earlier agent. */
async function belongsHere({ config, host, state }: CheckContext<EtcdConfig, EtcdState>): Promise<boolean> {
  if (state.seen === true || config.endpoint !== '') return true;
  return (await etcdTrace(host).catch(() => undefined)) !== undefined;
}
