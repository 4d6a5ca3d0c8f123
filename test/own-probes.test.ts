/** Probes of the operator's configuration, from the file to the raised problem. */
import { readFileSync } from 'node:fs';
import { join } from 'node:path';
import { describe, expect, it } from 'vitest';
import { type Config, loadConfig } from '../agent/base/config.ts';
import { redactConfig } from '../agent/base/config/redact.ts';
import { createLog } from '../agent/base/log.ts';
import { EXPLANATIONS } from '../agent/diagnosis/causes.ts';
import type { CheckWorld } from '../agent/runner/context.ts';
import { createRunner } from '../agent/runner/runner.ts';
import { boundMs } from '../agent/runner/schedule.ts';
import { configureChecks } from '../agent/world.ts';
import { exec } from '../checks/exec.ts';
import { http } from '../checks/http.ts';
import { testContext } from '../checks/lib/testing.ts';
import { tcp } from '../checks/tcp.ts';
import type { ConnectRequest, ConnectResult } from '../checks/types.ts';
import { type FakeClock, createFakeClock } from './lib/fake-clock.ts';

const CHECKS = [exec, http, tcp];

const load = (checks: unknown): Config =>
  loadConfig(CHECKS, {
    args: [],
    env: {},
    hostname: 'node-1',
    home: '/root',
    uid: 0,
    readFile: () => (typeof checks === 'string' ? checks : JSON.stringify({ checks })),
  });

function mistakesOf(checks: unknown): string[] {
  try {
    load(checks);
  } catch (error) {
    const [, ...lines] = String(error).split('\n');
    return lines.map((line) => line.trim().replaceAll(/ \(\/etc\/meerkat\/config\.yaml line \d+\)/g, ''));
  }
  return [];
}

const url = 'http://127.0.0.1/';

describe('the configuration', () => {
  it('may be what the documentation shows', () => {
    const page = readFileSync(join(import.meta.dirname, '../docs/operations.md'), 'utf8');
    const example = /```yaml\n(checks:\n.*?)```/s.exec(page)?.[1] ?? '';
    const { checks } = load(example);
    expect(checks['http']?.['probes']).toMatchObject([{ name: 'ingress', severity: 'critical', timeoutSeconds: 1 }]);
    expect(checks['tcp']?.['probes']).toEqual([
      {
        name: 'database',
        description: '',
        host: '127.0.0.1',
        port: 5432,
        severity: 'warning',
        periodSeconds: 10,
        timeoutSeconds: 1,
        failureThreshold: 2,
        successThreshold: 1,
        initialDelaySeconds: 60,
      },
    ]);
    expect(checks['exec']?.['probes']).toMatchObject([{ command: ['/opt/probes/raid.sh', 'md0'], timeoutSeconds: 5 }]);
  });

  it.each<[unknown, string]>([
    [
      { http: { probes: [{ name: 'a' }] } },
      'checks.http.probes[0].url: is missing; give a URL that begins with http:// or https://.',
    ],
    [
      { http: { probes: [{ name: 'a', url: 'ftp://x/' }] } },
      'checks.http.probes[0].url: given "ftp://x/", allowed: a URL that begins with http:// or https://.',
    ],
    [
      { http: { probes: [{ name: 'a', url: 'http://' }] } },
      'checks.http.probes[0].url: is no URL that can be asked; http://127.0.0.1:8080/healthz is one.',
    ],
    [
      { http: { probes: [{ name: 'a', url: 'http://x:0/' }] } },
      'checks.http.probes[0].url: has port 0, on which nobody listens.',
    ],
    [
      { http: { probes: [{ name: 'a', url: 'http://me:secret@x/' }] } },
      'checks.http.probes[0].url: has a user in it; give headers with `Authorization` instead, which are never shown.',
    ],
    [
      { http: { probes: [{ name: 'a', url, headers: { 'x y': '1' } }] } },
      'checks.http.probes[0].headers: "x y" is no name of a header.',
    ],
    [
      { http: { probes: [{ name: 'a', url, headers: { x: 'a\nb' } }] } },
      'checks.http.probes[0].headers.x: has a character that no header may have.',
    ],
    [
      { http: { probes: [{ name: 'a', url, headers: { x: 5 } }] } },
      'checks.http.probes[0].headers: given a secret, allowed: a mapping of names to texts.',
    ],
    [
      { http: { probes: [{ name: 'a', url, timeout: 1 }] } },
      'checks.http.probes[0].timeout: there is no such key. Did you mean timeoutSeconds?',
    ],
    [
      { http: { probes: [{ name: 'a', url, severity: 'info' }] } },
      'checks.http.probes[0].severity: given "info", allowed: warning or critical.',
    ],
    [
      { http: { probes: [{ name: 'a', url, failureThreshold: 0 }] } },
      'checks.http.probes[0].failureThreshold: given 0, allowed: an integer from 1 to 100.',
    ],
    [
      { http: { probes: [{ name: 'A b', url }] } },
      'checks.http.probes[0].name: given "A b", allowed: a name in lower case: letters, digits and `-`, at most 63.',
    ],
    [
      {
        http: {
          probes: [
            { name: 'a', url },
            { name: 'a', url },
          ],
        },
      },
      'checks.http.probes[1].name: given "a", which probes[0] is called already; a name tells probes apart.',
    ],
    [
      { http: { probes: [{ name: 'a', url, periodSeconds: 5 }] } },
      'checks.http.probes[0].periodSeconds: is 5, but must not be less than checks.http.intervalSeconds, which is 10; probes are made when their check runs.',
    ],
    [
      { http: { probes: [{ name: 'a', url, timeoutSeconds: 5 }] } },
      'checks.http.probes[0].timeoutSeconds: is 5, but checks.http.timeoutSeconds is 5; make that 5.5 at least, because a run must outlast its probes.',
    ],
    [
      { tcp: { probes: [{ name: 'a', port: 0 }] } },
      'checks.tcp.probes[0].port: given 0, allowed: an integer from 1 to 65535.',
    ],
    [
      { tcp: { probes: [{ name: 'a', port: 1, host: '[::1]' }] } },
      'checks.tcp.probes[0].host: given "[::1]", allowed: an address without brackets, or a DNS name.',
    ],
    [
      { tcp: { probes: [{ name: 'a', port: 1, host: '10.0.0.999' }] } },
      'checks.tcp.probes[0].host: given "10.0.0.999", allowed: an address without brackets, or a DNS name.',
    ],
    [
      { exec: { probes: [{ name: 'a', command: ['raid'] }] } },
      'checks.exec.probes[0].command[0]: given "raid", allowed: an absolute path; nothing is looked for in PATH.',
    ],
    [
      { exec: { probes: [{ name: 'a', command: [] }] } },
      'checks.exec.probes[0].command: given [], allowed: a list of 1 to 64 texts: an absolute path and arguments.',
    ],
    [
      { exec: { probes: [{ name: 'a', command: ['/x', 'a\0b'] }] } },
      'checks.exec.probes[0].command[1]: has a character NUL, which no argument may have.',
    ],
    [
      { exec: { probes: [{ name: 'a', command: '/x' }] } },
      'checks.exec.probes[0].command: given "/x", allowed: a list of 1 to 64 texts: an absolute path and arguments.',
    ],
  ])('is refused: %j', (checks, mistake) => {
    expect(mistakesOf(checks)).toEqual([mistake]);
  });

  it('has sixteen probes of a kind at most', () => {
    const probes = Array.from({ length: 17 }, (_, index) => ({ name: `p${index}`, port: 1 }));
    expect(mistakesOf({ tcp: { probes: probes.slice(1) } })).toEqual([]);
    expect(mistakesOf({ tcp: { probes } })).toEqual([expect.stringContaining('allowed: a list (at most 16)')]);
  });

  it('names every mistake of every probe at once', () => {
    const probes = [
      { name: 'a', port: 1, host: '::1]' },
      { name: 'a', port: 1, timeoutSeconds: 60 },
    ];
    expect(mistakesOf({ tcp: { probes }, exec: { probes: [{ name: 'x', command: ['x'] }] } })).toHaveLength(4);
  });

  it('may have other bounds where those of the check are wider', () => {
    const probes = [{ name: 'a', url, timeoutSeconds: 30, periodSeconds: 60 }];
    expect(mistakesOf({ http: { intervalSeconds: 60, timeoutSeconds: 31, probes } })).toEqual([]);
  });

  it('is never logged with its headers', () => {
    const config = load({ http: { probes: [{ name: 'a', url, headers: { Authorization: 'Bearer geheim' } }] } });
    expect(JSON.stringify(redactConfig(config, CHECKS))).not.toContain('geheim');
  });
});

/** A runner with one probe after the other on ports 1, 2, …; `answers` may be changed while it runs. */
function setUp(probes: readonly object[], answers: Record<number, ConnectResult>) {
  const clock: FakeClock = createFakeClock();
  const asked: ConnectRequest[] = [];
  const connect = async (request: ConnectRequest): Promise<ConnectResult> => {
    asked.push(request);
    return answers[request.port] ?? { kind: 'failure', failure: 'refused', message: 'refused' };
  };
  const named = probes.map((probe, index) => ({ name: `p${index + 1}`, port: index + 1, ...probe }));
  const config = load({ tcp: { probes: named } });
  const { state: _state, config: _config, signal: _signal, ...parts } = testContext(tcp);
  const world: CheckWorld = {
    ...parts,
    clock,
    fetch: () => parts.fetch,
    peerCertificate: () => parts.peerCertificate,
    runProgram: () => parts.runProgram,
    dns: () => parts.dns,
    connect: () => connect,
  };
  const runner = createRunner(
    { parallelism: 8, checks: configureChecks(config, [tcp]) },
    {
      world,
      clock,
      cpuWaitMs: () => 0,
      members: () => 1,
      log: createLog('silent', 'node-1'),
      enter: () => {},
      onRun: () => {},
      onSeen: () => {},
    },
  );
  runner.start({ results: [], seen: {} });
  const problems = (): (string | undefined)[] => (runner.results()[0]?.problems ?? []).map(({ subject }) => subject);
  return { clock, asked, problems, status: () => runner.results()[0]?.status };
}

const OPEN: ConnectResult = { kind: 'connected', durationMs: 1 };
const REFUSED: ConnectResult = { kind: 'failure', failure: 'refused', message: 'refused' };

describe('a probe that is run', () => {
  it('is raised within the bound of its check, wherever in the interval it begins to fail', async () => {
    for (let faultAt = 100_000; faultAt < 110_000; faultAt += 1300) {
      const answers: Record<number, ConnectResult> = { 1: OPEN };
      const { clock, problems } = setUp([{}], answers);
      await clock.advance(faultAt);
      answers[1] = REFUSED;
      await clock.advance(19_000);
      expect(problems(), `fault at ${faultAt}`).toEqual([]);
      await clock.advance(boundMs(tcp) - 19_000);
      expect(problems(), `fault at ${faultAt}`).toEqual(['p1']);
    }
  });

  it('is not raised where the confirming look finds it well', async () => {
    const answers: Record<number, ConnectResult> = { 1: OPEN };
    const { clock, problems, asked } = setUp([{ failureThreshold: 1 }], answers);
    await clock.advance(100_000);
    answers[1] = REFUSED;
    const before = asked.length;
    while (asked.length === before) await clock.advance(100);
    answers[1] = OPEN;
    await clock.advance(2000);
    expect(asked).toHaveLength(before + 2);
    expect(problems()).toEqual([]);
  });

  it('clears with the first success that is confirmed', async () => {
    const answers: Record<number, ConnectResult> = { 1: REFUSED };
    const { clock, problems, status } = setUp([{}], answers);
    await clock.advance(120_000);
    expect(problems()).toEqual(['p1']);
    answers[1] = OPEN;
    await clock.advance(11_000);
    expect(status()).toBe('ok');
  });

  it('is asked as often as it says, beside others that are asked more often or fail', async () => {
    const { clock, asked } = setUp([{}, { periodSeconds: 60 }, {}], { 1: OPEN, 2: OPEN });
    await clock.advance(600_000);
    const times = (port: number): number => asked.filter((one) => one.port === port).length;
    expect(times(1)).toBeGreaterThanOrEqual(60);
    expect(times(1)).toBeLessThanOrEqual(61);
    expect(times(2)).toBeGreaterThanOrEqual(10);
    expect(times(2)).toBeLessThanOrEqual(11);
  });

  it('stays raised beside one that fails later, and clears for itself', async () => {
    const answers: Record<number, ConnectResult> = { 1: REFUSED, 2: OPEN };
    const { clock, problems } = setUp([{}, {}], answers);
    await clock.advance(120_000);
    answers[2] = REFUSED;
    await clock.advance(50_000);
    expect(problems()).toEqual(['p1', 'p2']);
    answers[1] = OPEN;
    await clock.advance(20_000);
    expect(problems()).toEqual(['p2']);
  });
});

it('explains nothing, and is explained by nothing', () => {
  const reasons = CHECKS.flatMap((check) => Object.keys(check.reasons));
  expect(reasons).toHaveLength(6);
  for (const { cause, consequence } of EXPLANATIONS) {
    expect(reasons).not.toContain(cause);
    expect(reasons).not.toContain(consequence);
  }
});
