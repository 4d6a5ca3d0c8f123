/** Rules in whole agents on loopback addresses: one judges for all, another goes on, and the file is read while they run. */
import { mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { type AddressInfo, type Server, createServer } from 'node:net';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import type { ApiStatus } from '../../agent/http/contract.ts';
import type { ApiAlerts, ApiRuleAlert, ApiRules } from '../../agent/http/contract/alerts.ts';
import type { ApiTimeline } from '../../agent/http/contract/history.ts';
import { eventually } from '../lib/agent-process.ts';
import { createTokenAgents } from '../lib/token-agents.ts';

const NAMES = ['a', 'b', 'c'];
/** Of the three it is the last to judge. */
const PROBER = 'b';
const RULE = `
rules:
  - name: probe-fails
    type: any
    source: checks
    where: {change: raised, check: tcp}
    queryKey: [node, subject]
    realertMinutes: 60
    keepFiringMinutes: 60
    severity: warning
    sentence: '{{subject}} fails on {{node}}'
`;
const SECOND_RULE = `
  - name: many-changes
    type: frequency
    source: checks
    numEvents: 1000
    timeframeMinutes: 1
`;
const BAD_RULE = SECOND_RULE.replace('frequency', 'often');

describe('rules', () => {
  const root = mkdtempSync(join(tmpdir(), 'meerkat-rules-agents-'));
  const rulesFile = join(root, 'rules.yaml');
  const { running: agents, agent, start, command } = createTokenAgents(root, NAMES, 130);
  const configOf = (name: string): string => join(root, `${name}.yaml`);
  const alertsOf = (name: string): Promise<ApiAlerts> => agent(name).json<ApiAlerts>('/api/v1/alerts');
  const rulesOf = (name: string): Promise<ApiRules> => agent(name).json<ApiRules>('/api/v1/rules');
  const all = <T>(names: readonly string[], ask: (name: string) => Promise<T>): Promise<T[]> =>
    Promise.all(names.map(ask));
  const noticesOf = async (name: string): Promise<string[]> => {
    const { events } = await agent(name).json<ApiTimeline>('/api/v1/timeline');
    return events.flatMap(({ kind, node, message }) =>
      kind === 'agent-notice' && node === name && message.startsWith('the rules of') ? [message] : [],
    );
  };
  const judgesOf = (said: readonly ApiRules[]): (string | undefined)[] =>
    said.map(({ rules }) => rules.find(({ name }) => name === 'probe-fails')?.judge);
  const begin = (name: string): Promise<void> => start(name, ['--config', configOf(name)]);
  let server: Server;
  let first: ApiRuleAlert | undefined;

  beforeAll(async () => {
    writeFileSync(join(root, 'token'), 'secret\n', { mode: 0o600 });
    writeFileSync(rulesFile, RULE);
    server = createServer((socket) => socket.on('error', () => {}));
    const port = await new Promise<number>((resolve) => {
      server.listen(0, '127.0.0.1', () => resolve((server.address() as AddressInfo).port));
    });
    const probe = { name: 'database', port, periodSeconds: 1, timeoutSeconds: 0.3, failureThreshold: 2 };
    const tcp = { intervalSeconds: 1, timeoutSeconds: 0.9, probes: [{ ...probe, initialDelaySeconds: 0 }] };
    for (const name of NAMES) {
      const rules = { file: rulesFile };
      writeFileSync(configOf(name), JSON.stringify({ rules, ...(name === PROBER && { checks: { tcp } }) }));
      await begin(name);
    }
    await eventually(
      () => all(NAMES, (name) => agent(name).json<ApiStatus>('/api/v1/status')),
      (seen) => seen.every(({ status, view }) => status === 'healthy' && view.current === NAMES.length),
      60_000,
    );
    await eventually(
      () => all(NAMES, rulesOf),
      (said) => new Set(judgesOf(said)).size === 1 && judgesOf(said)[0] !== undefined,
      60_000,
    );
  }, 150_000);
  afterAll(async () => {
    for (const one of agents.values()) await one.cleanUp();
    server.close();
    rmSync(root, { recursive: true, force: true });
  });

  it('say on all nodes what one agent judges of a check on one of them', async () => {
    const failing = await all(NAMES, alertsOf);
    expect(failing.map(({ firing }) => firing)).toEqual([0, 0, 0]);
    await new Promise((resolve) => server.close(resolve));
    const seen = await eventually(
      () => all(NAMES, alertsOf),
      (said) => said.every(({ alerts }) => alerts.length === 1),
      30_000,
    );
    for (const { alerts } of seen)
      expect(alerts[0]).toMatchObject({
        rule: 'probe-fails',
        state: 'firing',
        sentence: 'database fails on b',
        nodes: [PROBER],
        round: 1,
        current: true,
      });
    [first] = seen[0]?.alerts ?? [];
    expect(new Set(seen.map(({ alerts }) => `${alerts[0]?.fingerprint} ${alerts[0]?.by}`)).size).toBe(1);
  }, 60_000);

  it('are judged by another one when their judge is killed, and nobody is told again', async () => {
    const judge = first?.by ?? '';
    agent(judge).kill('SIGKILL');
    const others = NAMES.filter((name) => name !== judge);
    const seen = await eventually(
      () => all(others, alertsOf),
      (said) => said.every(({ alerts: [one] }) => one !== undefined && one.by !== judge && one.current),
      60_000,
    );
    for (const { alerts } of seen)
      expect(alerts).toMatchObject([
        {
          fingerprint: first?.fingerprint,
          state: 'firing',
          round: 1,
          sentence: 'database fails on b',
          nodes: [PROBER],
        },
      ]);
    await begin(judge);
    const back = await eventually(
      () => all(NAMES, alertsOf),
      (said) => said.every(({ alerts: [one] }) => one?.current === true),
      60_000,
    );
    expect(back.map(({ alerts }) => alerts.map(({ fingerprint, round }) => `${fingerprint} ${round}`))).toEqual(
      NAMES.map(() => [`${first?.fingerprint} 1`]),
    );
  }, 150_000);

  it('are read again when their file changes, and one that is wrong changes nothing', async () => {
    writeFileSync(rulesFile, RULE + SECOND_RULE);
    await eventually(
      () => all(NAMES, rulesOf),
      (said) => said.every(({ rules }) => rules.some(({ name }) => name === 'many-changes')),
      30_000,
    );
    writeFileSync(rulesFile, RULE + BAD_RULE);
    const said = await eventually(
      () => all(NAMES, rulesOf),
      (now) => now.every(({ file }) => file?.mistakes.length === 1),
      30_000,
    );
    for (const { rules, file } of said) {
      expect(file?.mistakes[0]).toContain(`${rulesFile} line `);
      expect(file?.mistakes[0]).toMatch(/often.*(any|frequency)/);
      expect(rules.map(({ name }) => name)).toContain('many-changes');
    }
    expect((await command('b', ['rules'])).code).toBe(1);
    const notices = await noticesOf('b');
    expect(notices).toHaveLength(2);
    expect(notices.join('\n')).toMatch(/are refused, those before hold: .*often[^]*were read anew: 2 rules/);
    expect(
      (await all(NAMES, alertsOf)).map(({ alerts }) => alerts.map(({ round, state }) => `${state} ${round}`)),
    ).toEqual(NAMES.map(() => ['firing 1']));
    expect((await agent('a').json<ApiStatus>('/api/v1/status')).findings.map(({ reason }) => reason)).not.toContain(
      'probe-fails',
    );
  }, 120_000);

  it('that differ from node to node are said to', async () => {
    writeFileSync(rulesFile, RULE);
    const other = join(root, 'other.yaml');
    writeFileSync(other, RULE + SECOND_RULE);
    agent('a').kill('SIGTERM');
    await agent('a').ended;
    writeFileSync(configOf('a'), JSON.stringify({ rules: { file: other } }));
    await begin('a');
    await eventually(
      async () => (await all(NAMES, rulesOf)).map(({ file }) => file?.others),
      // Who agrees with whoever judges need not say so: the one that differs hears of one of them at least.
      ([ofA = [], ...ofOthers]) => ofA.length > 0 && JSON.stringify(ofOthers) === JSON.stringify([['a'], ['a']]),
      60_000,
    );
    expect((await command('b', ['rules'])).text).toContain('Other rules than here hold on a');
  }, 120_000);
});
