/** What is wrong with etcd while all its members live: a slow disk, leaders that do not stay, settings that do not fit. */
import { afterAll, beforeAll, beforeEach, describe, expect, it } from 'vitest';
import type { ApiFinding, ApiStatus } from '../../agent/http/contract.ts';
import { etcd as check } from '../../checks/etcd.ts';
import { eventually } from '../lib/agent-process.ts';
import { type AgentCluster, createAgentCluster, isWhole, quietBut, statusOf } from './lib/agents.ts';
import { createEtcdCluster } from './lib/cluster.ts';
import { startDue } from './lib/due.ts';
import { ETCD_VERSION } from './lib/etcd.ts';
import { createLab } from './lib/lab/lab.ts';
import type { Lab, LabHost, LabProcess } from './lib/lab/types.ts';
import { whyNoLab } from './lib/lab/why-no-lab.ts';
import { sleep } from './lib/watch.ts';
import { noteTold } from './lib/told.ts';

const missing = whyNoLab() ?? (ETCD_VERSION === undefined ? 'no etcd on this machine' : undefined);
if (missing !== undefined) process.stderr.write(`etcd-depth: skipped, ${missing}\n`);

const MASTERS = ['m1', 'm2', 'm3'];
const MOST_MS = 180_000;
/** Leaders that changed in one test are told for five minutes, also in the next. */
const FINE_MS = 400_000;
/** A host whose agent went so short a time ago may have been started anew: its member is not missed before that. */
const BOOTS_MS = 155_000;
/** Of the check, and a second for the diagnosis and the way to the others. */
const boundOf = (reason: keyof typeof check.reasons): number =>
  check.intervalMs + 2 * check.timeoutMs + 1000 + (check.reasons[reason].windowMs ?? 0) + 1000;

const ofEtcd = ({ findings }: ApiStatus): ApiFinding[] => findings.filter(({ reason }) => reason.startsWith('Etcd'));

interface Member {
  readonly ID: string;
  readonly name: string;
}

describe.skipIf(missing !== undefined)('etcd whose members live', () => {
  let lab: Lab;
  let etcd: ReturnType<typeof createEtcdCluster>;
  let agents: AgentCluster;
  const members = new Map<string, LabProcess>();
  const running = new Map<string, LabProcess>();
  const startAgent = async (host: LabHost): Promise<void> => {
    running.set(host.name, await agents.start(host, [...quietBut('etcd'), ...etcd.flags(host)]));
  };

  const post = async <T>(host: LabHost, path: string, body: object): Promise<T> => {
    const { status, body: text } = await host.fetch(path, { port: 2379, body: JSON.stringify(body) });
    if (status !== 200) throw new Error(`${path}: ${status} ${text}`);
    return JSON.parse(text) as T;
  };
  const idOf = async (name: string): Promise<string> => {
    const { members: all } = await post<{ members: Member[] }>(lab.host('m1'), '/v3/cluster/member/list', {});
    const found = all.find((one) => one.name === name);
    if (found === undefined) throw new Error(`etcd has no member ${name}`);
    return found.ID;
  };
  /** Until every agent says it, and nothing else of etcd. */
  const allSay = async (what: string, says: (finding: ApiFinding) => boolean, boundMs: number): Promise<ApiFinding> => {
    const [due, began] = [startDue(lab.hosts), performance.now()];
    const said = await Promise.all(
      lab.hosts.map((host) =>
        eventually(
          () => statusOf(host),
          (status) => ofEtcd(status).length > 0 && ofEtcd(status).every(says),
          MOST_MS,
        ),
      ),
    );
    const tookMs = Math.round(performance.now() - began);
    const { reason = '', sentence = '' } = ofEtcd(said[0] as ApiStatus)[0] ?? {};
    noteTold({ fault: `etcd: ${what}`, reason, tookMs, boundMs }, sentence);
    expect(tookMs).toBeLessThan(due(boundMs));
    for (const status of said) expect(ofEtcd(status).filter(({ causedBy }) => causedBy === undefined)).toHaveLength(1);
    return ofEtcd(said[0] as ApiStatus)[0] as ApiFinding;
  };
  const allFine = (): Promise<unknown> =>
    Promise.all(
      lab.hosts.map((host) =>
        eventually(
          () => statusOf(host),
          (status) => isWhole(status, MASTERS.length) && ofEtcd(status).length === 0,
          FINE_MS,
        ),
      ),
    );

  beforeAll(async () => {
    lab = await createLab({ hosts: MASTERS, ipv6: false, diskMebibytes: 512 });
    etcd = createEtcdCluster(lab.hosts);
    agents = createAgentCluster(lab.hosts);
    for (const host of lab.hosts) members.set(host.name, await etcd.start(host));
    await Promise.all(lab.hosts.map(startAgent));
  }, MOST_MS);
  beforeEach(() => allFine(), FINE_MS);
  afterAll(() => lab?.remove());

  it(
    'is slow where a disk is: that member is named, on every node',
    async () => {
      const m2 = lab.host('m2');
      const writer = new AbortController();
      const writing = (async () => {
        for (let index = 0; !writer.signal.aborted; index += 1) {
          const value = Buffer.alloc(1024, index).toString('base64');
          await post(lab.host('m1'), '/v3/kv/put', { key: Buffer.from('load').toString('base64'), value }).catch(
            () => {},
          );
          await sleep(300);
        }
      })();
      try {
        await m2.throttleDisk(24_576);
        // That it falls behind the others, too, may be told, as what follows from it.
        const isOfDisk = ({ reason, node, causedBy }: ApiFinding): boolean =>
          node === 'm2' && (reason === 'EtcdSlow' || causedBy === 'EtcdSlow/m2');
        const finding = await allSay('slow disk', isOfDisk, boundOf('EtcdSlow'));
        expect(finding).toMatchObject({ reason: 'EtcdSlow', severity: 'warning', observers: ['m2'] });
        expect(finding.sentence).toMatch(
          /^The etcd member on m2 cannot write fast enough: .* takes .* s for a (sync of its log|commit of its database)/,
        );
      } finally {
        writer.abort();
        await m2.unthrottleDisk();
        await writing;
      }
      await allFine();
    },
    3 * MOST_MS,
  );

  it(
    'has a member whose address for peers is wrong',
    async () => {
      const [id, wrong] = [await idOf('m2'), `http://${lab.host('m2').address}:2399`];
      await post(lab.host('m1'), '/v3/cluster/member/update', { ID: id, peerURLs: [wrong] });
      const finding = await allSay(
        'wrong address',
        ({ reason }) => reason === 'EtcdMisconfigured',
        boundOf('EtcdMisconfigured'),
      );
      expect(finding.evidence.join('\n')).toContain(wrong);
      const right = `http://${lab.host('m2').address}:2380`;
      await post(lab.host('m1'), '/v3/cluster/member/update', { ID: id, peerURLs: [right] });
      await allFine();
    },
    2 * MOST_MS,
  );

  it(
    'has in the place of a member one of another cluster',
    async () => {
      const m3 = lab.host('m3');
      members.get('m3')?.kill('SIGKILL');
      await members.get('m3')?.ended;
      await m3.exec('mv', [etcd.dataDirectory(m3), `${etcd.dataDirectory(m3)}.own`]);
      const alone = createEtcdCluster([m3]);
      const stranger = await alone.start(m3);
      const finding = await allSay(
        'foreign cluster',
        ({ reason }) => reason === 'EtcdMisconfigured',
        boundOf('EtcdMisconfigured'),
      );
      expect(finding.sentence).toContain('has its member m3, belongs to another cluster of etcd');
      expect(finding.observers).not.toContain('m3');
      stranger.kill('SIGKILL');
      await stranger.ended;
      await m3.exec('rm', ['-rf', etcd.dataDirectory(m3)]);
      await m3.exec('mv', [`${etcd.dataDirectory(m3)}.own`, etcd.dataDirectory(m3)]);
      members.set('m3', await etcd.start(m3));
      await allFine();
    },
    3 * MOST_MS,
  );

  it.runIf(process.env['MEERKAT_LONG'] === '1')(
    'is down on a node whose agent is gone, as the others see it',
    async () => {
      const due = startDue(lab.hosts);
      const others = lab.hosts.filter(({ name }) => name !== 'm2');
      const began = performance.now();
      for (const one of [running.get('m2'), members.get('m2')]) one?.kill('SIGKILL');
      const said = await Promise.all(
        others.map((host) =>
          eventually(
            () => statusOf(host),
            (status) => ofEtcd(status).some(({ id }) => id === 'EtcdMemberDown/m2'),
            2 * MOST_MS,
          ),
        ),
      );
      const tookMs = Math.round(performance.now() - began);
      const [finding] = ofEtcd(said[0] as ApiStatus);
      const boundMs = Math.max(BOOTS_MS, boundOf('EtcdMemberGone'));
      noteTold(
        { fault: 'etcd: killed with its agent', reason: finding?.reason ?? '', tookMs, boundMs },
        finding?.sentence,
      );
      expect(finding).toMatchObject({ observers: ['m1', 'm3'], severity: 'warning' });
      expect(tookMs).toBeLessThan(due(boundMs));
      members.set('m2', await etcd.start(lab.host('m2')));
      await startAgent(lab.host('m2'));
      await allFine();
    },
    4 * MOST_MS,
  );

  it(
    'elects leaders again and again',
    async () => {
      const ids = await Promise.all(MASTERS.map(idOf));
      // One that is behind at that moment takes no leadership.
      for (let round = 0; round < 10; round += 1) {
        const { leader } = await post<{ leader: string }>(lab.host('m1'), '/v3/maintenance/status', {});
        const from = ids.indexOf(leader);
        const host = lab.host(MASTERS[from] ?? 'm1');
        await post(host, '/v3/maintenance/transfer-leadership', { targetID: ids[(from + 1) % 3] }).catch(() => {});
        await sleep(1000);
      }
      const finding = await allSay(
        'leaders change',
        ({ reason }) => reason === 'EtcdLeaderFlapping',
        boundOf('EtcdLeaderFlapping'),
      );
      expect(finding.evidence[0]).toMatch(/has seen \d+ changes of the leader in 5 min/);
    },
    2 * MOST_MS,
  );
});
