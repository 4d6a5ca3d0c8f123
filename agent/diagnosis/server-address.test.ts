import { describe, expect, it } from 'vitest';
import type { ServerAddress } from '../model/kube-state.ts';
import type { CheckResult } from '../model/report.ts';
import { diagnose } from './diagnose.ts';
import { CATALOGUE, NOW, NOW_MS, SINCE, type Scene, aKube, aResult, createScene, failing } from './testing.ts';

const NAMES = ['m1', 'm2', 'm3', 'w1', 'w2'];
const SERVERS: readonly ServerAddress[] = [1, 2, 3].map((index) => ({
  address: `10.0.0.${index}:6443`,
  node: `m${index}`,
}));
const CHECK = 'apiserver-address';
const LOOK = { intervalMs: 15_000 };
const WELL = aResult(CHECK, LOOK);
const addressOf = (server: string): string => SERVERS.find(({ node }) => node === server)?.address ?? server;
const GONE = (address: string): string => `The API server at ${address} is not there: nobody listens.`;
const SILENT = (address: string): string =>
  `The API server at ${address} accepts connections and does not answer: no full answer from ${address} within 2000 ms.`;

/** That a node does not reach these servers, or addresses. */
function misses(
  servers: readonly string[],
  { say = GONE, reason = 'ApiserverUnreachable', since = SINCE, intervalMs = LOOK.intervalMs } = {},
): CheckResult {
  const problems = servers.map((server) => {
    const subject = addressOf(server);
    return { reason, subject, message: say(subject), severity: 'warning' as const, since };
  });
  return aResult(CHECK, { status: 'problem', problems, since, intervalMs });
}

/** All look, and find all well. */
const all = (names: readonly string[] = NAMES): Scene => {
  const scene = createScene(names);
  for (const name of names) scene.report(name, WELL);
  return scene;
};
const on = (scene: Scene, names: readonly string[], result: CheckResult): Scene => {
  for (const name of names) scene.report(name, result);
  return scene;
};
const findings = (scene: Scene, servers: readonly ServerAddress[] = SERVERS, self = 'w1') =>
  diagnose(scene.from(self, { kube: aKube({ apiServers: servers, controlPlane: [] }) }), NOW, CATALOGUE).findings;
const tree = (...args: Parameters<typeof findings>) =>
  findings(...args).flatMap(({ id, severity, causedBy }) =>
    severity === 'info' ? [] : [causedBy === undefined ? id : `${id} by ${causedBy}`],
  );

const OTHERS = ['m1', 'm3', 'w1', 'w2'];
const DOWN = failing('apiserver', 'ApiserverDown', 'nobody listens on 127.0.0.1:6443');

describe('an API server that nobody reaches', () => {
  it('is down where its agent is gone', () => {
    for (const scene of [all().kill('m2'), all().freeze('m2')])
      expect(findings(on(scene, OTHERS, misses(['m2'])))[0]).toMatchObject({
        id: 'ApiserverDown/m2',
        severity: 'warning',
        nodeSeverity: 'critical',
        since: SINCE,
        observers: OTHERS,
        sentence:
          'The API server on m2 is down at 10.0.0.2:6443 as seen from m1, m3, w1 and w2: The API server at 10.0.0.2:6443 is not there: nobody listens',
        alternatives: [],
      });
  });

  const UNMET = '10.0.0.4:6443';
  const known = [...SERVERS, { address: UNMET, node: 'm4' }];

  it('is down whatever those said who are lost now', () => {
    const scene = on(all().powerOff('w2'), NAMES, aResult(CHECK, { intervalMs: 60_000 }));

    expect(tree(on(scene, ['m1', 'm2', 'm3', 'w1'], misses([UNMET], { intervalMs: 60_000 })), known)).toContain(
      'ApiserverDown/m4',
    );
  });

  it('is down where no agent ever was', () => {
    expect(tree(on(all(), NAMES, misses([UNMET])), known)).toEqual(['ApiserverDown/m4']);
  });

  it('is down by the word of one alone, where its host answers that one', () => {
    const scene = (change: (two: Scene) => Scene) => on(change(all(['m2', 'w1'])), ['w1'], misses(['m2']));

    expect(tree(scene((two) => two.kill('m2')))).toContain('ApiserverDown/m2');
    expect(tree(scene((two) => two.powerOff('m2'))).join()).not.toContain('Apiserver');
  });

  it('is down for all where the only master is in maintenance', () => {
    const only = () => on(all(['m1', 'w1', 'w2', 'w3']).kill('m1'), ['w1', 'w2', 'w3'], misses(['m1']));
    const mark = { node: 'm1', by: 'w1', sinceMs: NOW_MS - 600_000, untilMs: NOW_MS + 600_000, reason: 'new disk' };
    const roster = { reader: 'w1', ageMs: NOW - SINCE + 10_000, isCurrent: false, nodes: 4, omitted: 0 };
    const kube = aKube({ roster, apiServers: SERVERS.slice(0, 1), controlPlane: ['m1'] });
    for (const maintenance of [[], [mark]])
      expect(diagnose(only().mesh({ maintenance }).from('w1', { kube }), NOW, CATALOGUE).status).toBe('critical');
  });

  it('may be cut off where it is silent and its agent is gone', () => {
    expect(findings(on(all().kill('m2'), OTHERS, misses(['m2'], { say: SILENT })))[0]).toMatchObject({
      id: 'ApiserverDown/m2',
      sentence: expect.stringContaining('The API server on m2 does not answer at 10.0.0.2:6443'),
      alternatives: ['m2 is cut off from the others', 'its host hangs'],
    });
  });

  it('is critical where it is the last one, and not where somebody still reads the Nodes', () => {
    const scene = () => on(all(['m1', 'w1', 'w2']).kill('m1'), ['w1', 'w2'], misses(['m1']));
    const said = (ageMs: number) => {
      const roster = { reader: 'w1', ageMs, isCurrent: true, nodes: 3, omitted: 0 };
      const kube = aKube({ roster, apiServers: SERVERS.slice(0, 1) });
      return diagnose(scene().from('w1', { kube }), NOW, CATALOGUE).status;
    };
    expect(said(NOW - SINCE)).toBe('critical');
    expect(said(1000)).toBe('degraded');
  });

  it('is one finding where its own agent calls it down, with all that see it', () => {
    const scene = on(all().report('m2', misses(['m2']), DOWN), OTHERS, misses(['m2']));

    expect(findings(scene).map(({ id }) => id)).toEqual(['ApiserverDown/m2']);
    expect(findings(scene)[0]).toMatchObject({
      observers: ['m1', 'm2', 'm3', 'w1', 'w2'],
      sentence: 'The API server on m2 is down: nobody listens on 127.0.0.1:6443',
    });
  });

  it('is one finding where its own agent calls it not ready', () => {
    const notReady = failing('apiserver', 'ApiserverNotReady', '/readyz answers 500: [-]etcd failed');
    const scene = on(all().report('m2', notReady), OTHERS, misses(['m2'], { say: SILENT }));

    expect(tree(scene)).toEqual(['ApiserverNotReady/m2']);
  });

  it('has a broken address where it answers at home', () => {
    const scene = on(all(), OTHERS, misses(['m2'], { say: SILENT }));

    expect(findings(scene)).toMatchObject([
      {
        id: 'ApiserverAddressBroken/m2/10.0.0.2:6443',
        severity: 'warning',
        dissent: ['m2'],
        sentence: expect.stringMatching(
          /^The API server on m2 answers on m2 itself and to nobody else at 10\.0\.0\.2:6443: a firewall, or it listens on another address: /,
        ),
        alternatives: ['a firewall', 'it listens on another address'],
      },
    ]);
    expect(findings(scene.report('m2', misses(['m2'])))).toMatchObject([
      { alternatives: ['it listens on another address'], sentence: expect.stringContaining('not even there') },
    ]);
  });

  it('has a broken address where its own agent cannot tell', () => {
    const blind = aResult('apiserver', { status: 'unknown', why: 'no permission' });

    expect(findings(on(all().report('m2', blind), OTHERS, misses(['m2'])))).toMatchObject([
      { reason: 'ApiserverAddressBroken', sentence: expect.stringContaining('its own agent cannot tell') },
    ]);
  });

  it('follows from the lost quorum that ended it', () => {
    const lost = failing('etcd', 'EtcdNoLeader', 'no answer in 800 ms');
    const scene = on(all().kill('m2'), OTHERS, misses(['m2']))
      .report('m1', lost)
      .report('m3', lost);

    expect(tree(scene)).toContain('ApiserverDown/m2 by EtcdQuorumLost/m1');
  });
});

describe('an API server that some reach', () => {
  it('names who does and who does not', () => {
    expect(findings(on(all(), ['w1', 'w2'], misses(['m2'])))).toMatchObject([
      {
        id: 'ApiserverAddressBroken/m2/10.0.0.2:6443',
        severity: 'warning',
        observers: ['w1', 'w2'],
        dissent: ['m1', 'm3'],
        sentence: expect.stringMatching(
          /^w1 and w2 do not reach the API server on m2 at 10\.0\.0\.2:6443, m1 and m3 do: /,
        ),
      },
    ]);
  });

  it('is not called down where its agent is gone', () => {
    expect(tree(on(all().kill('m2'), ['w1'], misses(['m2'])))).toContain('ApiserverAddressBroken/m2/10.0.0.2:6443');
  });

  it('tells of one that a node never reached, too', () => {
    expect(tree(on(all(), ['w2'], misses(['m2'], { reason: 'ApiserverNeverReached' })))).toEqual([
      'ApiserverAddressBroken/m2/10.0.0.2:6443',
    ]);
  });

  it('is the trouble of a node that reaches none', () => {
    expect(findings(on(all(), ['w2'], misses(['m1', 'm2', 'm3'])))).toMatchObject([
      {
        id: 'ApiserverAddressBroken/w2',
        dissent: ['m1', 'm2', 'm3', 'w1'],
        sentence: expect.stringMatching(
          /^w2 reaches no API server at its own address \(10\.0\.0\.1:6443, 10\.0\.0\.2:6443 and 10\.0\.0\.3:6443\), m1, m2, m3 and w1 do: /,
        ),
      },
    ]);
    expect(tree(on(all(), ['m1'], misses(['m2', 'm3'])))).toEqual(['ApiserverAddressBroken/m1']);
  });

  it.each([
    ['a link', false, 'LinkDown/m2/w1'],
    ['one direction of it', true, 'OneWayLink/w1/m2'],
  ])('follows from %s that is down', (_, oneWay, cause) => {
    const scene = on(all().cut(['w1'], ['m2'], { oneWay }), ['w1'], misses(['m2']));

    expect(tree(scene)).toEqual([cause, `ApiserverAddressBroken/w1/10.0.0.2:6443 by ${cause}`]);
  });

  it('is told beside a link that is down where others do not reach it either', () => {
    const scene = on(all().cut(['w1'], ['m2']), ['w1', 'w2'], misses(['m2']));

    expect(tree(scene).filter((one) => !one.includes(' by '))).toEqual([
      'ApiserverAddressBroken/m2/10.0.0.2:6443',
      'LinkDown/m2/w1',
    ]);
  });

  it('follows from a way on which long datagrams get lost, where it hangs', () => {
    const mtu = failing('reachability', 'PathMtuBroken', 'Datagrams of 1,500 bytes to m2 and back', { subject: 'm2' });
    const seen = (say: typeof SILENT) => tree(on(all(), ['w1'], misses(['m2'], { say })).report('w1', mtu));

    expect(seen(SILENT).filter((one) => one.includes(' by PathMtuBroken'))).toHaveLength(1);
    expect(seen(GONE).filter((one) => one.includes(' by '))).toEqual([]);
  });
});

/** Longer than until the addresses are read anew. */
const LONG = { since: NOW - 361_000 };

describe('an address that no node has', () => {
  const [LB, SECOND] = ['192.0.2.7:443', '192.0.2.8:443'];
  const KNOWN = [{ address: LB }, { address: SECOND }];
  const workers = () => all(['w1', 'w2', 'w3']);
  const every = ['w1', 'w2', 'w3'];

  it('is the Kubernetes API that answers nobody', () => {
    expect(findings(on(workers(), every, misses([LB], LONG)), [{ address: LB }])).toMatchObject([
      {
        id: `ApiserverAddressBroken/w1/${LB}`,
        nodes: every,
        sentence: expect.stringMatching(
          /^The Kubernetes API at 192\.0\.2\.7:443 does not answer any of the 3 nodes that ask: /,
        ),
      },
    ]);
    expect(findings(on(workers(), every, misses([LB, SECOND], LONG)), KNOWN)).toHaveLength(2);
  });

  it('is critical where none answers, unless somebody still reads the Nodes, at a new address perhaps', () => {
    const said = (servers: readonly ServerAddress[], ageMs: number, more: Parameters<typeof misses>[1] = {}) => {
      const roster = { reader: 'w1', ageMs, isCurrent: true, nodes: 3, omitted: 0 };
      const state = on(workers(), every, misses([LB], more)).from('w2', {
        kube: aKube({ roster, apiServers: servers }),
      });
      return diagnose(state, NOW, CATALOGUE).status;
    };
    expect(said([{ address: LB }], NOW - SINCE)).toBe('critical');
    expect(said([{ address: LB }], 1000)).toBe('healthy');
    expect(said([{ address: LB }], 1000, LONG)).toBe('degraded');
    expect(said(KNOWN, NOW - SINCE)).toBe('healthy');
  });

  it('may have been taken away while others answer, and is told when it would be known', () => {
    expect(findings(on(workers(), every, misses([LB])), KNOWN)).toEqual([]);
    expect(findings(on(workers(), every, misses([LB], LONG)), KNOWN)).toHaveLength(1);
  });

  it('is the way of one node that does not reach it', () => {
    expect(findings(on(workers(), ['w3'], misses([LB])), [{ address: LB }])).toMatchObject([
      { id: `ApiserverAddressBroken/w3/${LB}`, nodes: ['w3'], dissent: ['w1', 'w2'] },
    ]);
  });

  it('is not told by one that was cut off from here a moment ago, or while others reach it again', () => {
    const since = NOW_MS - 20_000;
    const back = on(workers(), ['w3'], misses([LB])).member('w3', { connectedSinceMs: since });
    expect(findings(back, [{ address: LB }])).toEqual([]);
    const problems = misses([LB]).problems.map((problem) => ({ ...problem, endedMs: 8000 }));
    const again = on(workers(), ['w3'], misses([LB])).report('w1', { ...WELL, ended: problems });
    expect(findings(again, [{ address: LB }])).toEqual([]);
  });

  it('went with a large part of the cluster where it is silent since then', () => {
    const names = ['w1', 'w2', 'w3', 'w4', 'w5', 'w6'];
    const say = (address: string): string =>
      `Nothing answers at ${address}, where an API server is: no connection to ${address} within 2000 ms.`;
    const left = (lost: readonly string[], more: Parameters<typeof misses>[1] = {}) => {
      const rest = names.filter((name) => !lost.includes(name));
      const scene = on(all(names).cut(lost, rest), rest, misses([LB], { say, ...more }));
      const roster = { reader: 'w1', ageMs: NOW - SINCE, isCurrent: false, nodes: 6, omitted: 0 };
      const state = scene.from('w5', { kube: aKube({ roster, apiServers: [{ address: LB }] }) });
      return diagnose(state, NOW, CATALOGUE).findings.map(({ id, causedBy }) =>
        causedBy === undefined ? id : `${id} by ${causedBy}`,
      );
    };

    const gone = ['w1', 'w2', 'w3', 'w4'];
    expect(left(gone)).toEqual(['NodesLost/w1', `ApiserverAddressBroken/w5/${LB} by NodesLost/w1`]);
    expect(left(gone, { say: GONE })).toContain(`ApiserverAddressBroken/w5/${LB}`);
    expect(left(gone, { since: SINCE - 60_000 })).toContain(`ApiserverAddressBroken/w5/${LB}`);
    expect(left(['w1', 'w2'])).toContain(`ApiserverAddressBroken/w3/${LB}`);
  });
});

describe('the only agent', () => {
  const alone = (results: readonly CheckResult[]) => all(['m1']).report('m1', ...results);

  it('says what it sees', () => {
    expect(findings(alone([misses(['m2'])]), SERVERS, 'm1')).toMatchObject([
      {
        id: 'ApiserverAddressBroken/m1/10.0.0.2:6443',
        sentence: expect.stringMatching(/^m1: ApiserverUnreachable summary/),
      },
    ]);
  });

  it('knows better of its own server, and nothing where it is isolated', () => {
    expect(tree(alone([misses(['m1']), DOWN]), SERVERS, 'm1')).toEqual(['ApiserverDown/m1']);
    const isolated = { sinceMs: NOW_MS - 60_000, witnesses: [] };
    expect(tree(alone([misses(['m2'])]).mesh({ isolated }), SERVERS, 'm1').join()).not.toContain('Apiserver');
  });
});

describe('nothing is said', () => {
  it.each<[string, () => Scene]>([
    ['where the host is lost, which is told', () => on(all().powerOff('m2'), OTHERS, misses(['m2']))],
    ['while its host is said to leave', () => on(all().leave('m2', 'shutdown'), OTHERS, misses(['m2']))],
    [
      'where its Node is being removed',
      () =>
        on(all().kill('m2'), OTHERS, misses(['m2'])).mesh({
          removing: [{ node: 'm2', why: 'tainted', isAnnounced: true, sinceMs: 0 }],
        }),
    ],
    [
      'where its Node is being removed and its agent lives',
      () =>
        on(all(), OTHERS, misses(['m2'])).mesh({
          removing: [{ node: 'm2', why: 'tainted', isAnnounced: true, sinceMs: 0 }],
        }),
    ],
    [
      'by one whose way there comes and goes',
      () =>
        on(all().cut(['w1'], ['m2']), ['w1'], misses(['m2'])).member('m2', {
          flapping: { falls: 4, sinceMs: 0, isOwn: false },
        }),
    ],
    [
      'where its host came back a moment ago',
      () => on(all().member('m2', { connectedSinceMs: NOW_MS - 20_000 }), OTHERS, misses(['m2'])),
    ],
    [
      'where its host may still be booting',
      () =>
        on(
          all()
            .kill('m2')
            .member('m2', { sinceMs: NOW_MS - 160_000 }),
          OTHERS,
          misses(['m2']),
        ),
    ],
    [
      'where its own agent has just found it well again',
      () => on(all().report('m2', aResult('apiserver', { since: NOW - 20_000 })), OTHERS, misses(['m2'])),
    ],
    [
      'where its own agent says that there is none',
      () => on(all().report('m2', aResult('apiserver', { status: 'absent', why: 'none' })), OTHERS, misses(['m2'])),
    ],
    [
      'where nobody ever reached it',
      () => on(all(), OTHERS, misses(['m2'], { reason: 'ApiserverNeverReached', say: SILENT })),
    ],
    [
      'of a host that nobody knows, by one alone',
      () => on(createScene(['w1', 'w2']), ['w1'], misses(['m2'], { say: SILENT })),
    ],
    ['where others have had no time to look', () => on(all(), ['w1'], misses(['m2'], { since: NOW - 10_000 }))],
    [
      'where an end was connected a moment ago',
      () => on(all().member('w2', { connectedSinceMs: NOW_MS - 5000 }), ['w2'], misses(['m2'])),
    ],
    [
      'by those on the other side of a partition',
      () => on(all().cut(['w2'], ['m1', 'm2', 'm3', 'w1']), ['w2'], misses(['m1', 'm2', 'm3'])),
    ],
    [
      'by a node that is isolated',
      () =>
        on(all().cut(['w1'], ['m1', 'm2', 'm3', 'w2']), ['w1'], misses(['m1', 'm2', 'm3'])).mesh({
          isolated: { sinceMs: NOW_MS - 60_000, witnesses: ['gateway 10.0.0.254'] },
        }),
    ],
  ])('%s', (_, scene) => {
    expect(tree(scene()).filter((one) => /Apiserver(Down|AddressBroken)/.test(one))).toEqual([]);
  });

  it('by those whose way there was another one a moment ago', () => {
    const scene = on(all().kill('m2'), OTHERS, misses(['m2'], { since: SINCE - 200_000 })).member('m2', { sinceMs: 0 });
    const state = scene.from('w1', { kube: aKube({ apiServers: SERVERS }) });
    const said = (now: number) => diagnose(state, now, CATALOGUE).findings.map(({ id }) => id);

    // A host that boots, as long as that takes.
    expect(said(SINCE + 160_000)).not.toContain('ApiserverDown/m2');
    expect(said(SINCE + 170_000)).toContain('ApiserverDown/m2');
  });

  it('before most have looked, where they look seldom', () => {
    const names = Array.from({ length: 20 }, (_, index) => `w${index + 10}`);
    const slow = aResult(CHECK, { intervalMs: 1_600_000 });
    const scene = (count: number) => {
      const some = on(createScene(['m1', ...names]).kill('m1'), names, slow);
      return on(some, names.slice(0, count), misses(['m1'], { intervalMs: 1_600_000 }));
    };
    // Of which the agent is gone for long.
    const said = (count: number) => tree(scene(count).member('m1', { sinceMs: -10_000_000 }), SERVERS, 'w10');

    expect(said(10)).not.toContain('ApiserverDown/m1');
    expect(said(11)).toContain('ApiserverDown/m1');
  });
});
