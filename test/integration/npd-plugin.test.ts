/** The plugin of node-problem-detector, run as that runs it, against real agents. */
import { chmodSync, mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { createServer } from 'node:net';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { setTimeout as sleep } from 'node:timers/promises';
import { type TestContext, describe, expect, it } from 'vitest';
import { type AgentProcess, eventually, startAgentProcess } from '../lib/agent-process.ts';
import { type PluginResult, runPlugin } from '../lib/npd-plugin.ts';

const NOTHING_LISTENS = '1';

/** An agent with few checks, one of which is a program that the test tells what to say. */
async function aNode(
  onTestFinished: TestContext['onTestFinished'],
  program = 'echo fine; exit 0',
  timeoutSeconds = 0.4,
) {
  const directory = mkdtempSync(join(tmpdir(), 'meerkat-npd-'));
  onTestFinished(() => rmSync(directory, { recursive: true, force: true }));
  const path = join(directory, 'raid');
  const say = (text: string): void => {
    writeFileSync(path, `#!/bin/sh\n${text}\n`);
    chmodSync(path, 0o755);
  };
  say(program);
  const quick = { intervalSeconds: 1, timeoutSeconds: 0.5 };
  const probe = {
    name: 'raid',
    command: [path],
    periodSeconds: timeoutSeconds + 0.6,
    timeoutSeconds,
    severity: 'critical',
  };
  const exec = { intervalSeconds: timeoutSeconds + 0.6, timeoutSeconds: timeoutSeconds + 0.5, probes: [probe] };
  const config = join(directory, 'config.yaml');
  writeFileSync(config, JSON.stringify({ checks: { pids: quick, 'file-handles': quick, exec } }));
  const agent = await startAgentProcess({ args: ['--config', config] });
  onTestFinished(() => agent.cleanUp());
  return { agent, say, ask: (...args: readonly string[]) => runPlugin(args, { MEERKAT_PORT: portOf(agent) }) };
}

const portOf = ({ url }: AgentProcess): string => new URL(url).port;

/** What node-problem-detector makes of it: the message is one line that it need not cut. */
function expectResult(result: PluginResult, code: number, line: RegExp): void {
  expect(result).toEqual({
    code,
    stdout: expect.stringMatching(/^[\u0020-\u007e]{1,80}\n$/),
    stderr: '',
    timedOut: false,
  });
  expect(result.stdout).toMatch(line);
}

describe.concurrent('the plugin beside a real agent', () => {
  it('is 0 while the node is well, 1 while it is not, and says why', async ({ onTestFinished }) => {
    const { ask, say } = await aNode(onTestFinished);
    const well = await eventually(ask, ({ code }) => code === 0, 20_000);
    expectResult(well, 0, /^OK \d+ checks looked/);
    expectResult(await ask('check:exec'), 0, /^OK exec looked and found nothing wrong$/m);

    say('echo the array lacks a disk; exit 1');
    const ill = await eventually(ask, ({ code }) => code !== 0, 20_000);
    expectResult(ill, 1, /^PROBLEM CriticalExecProbeFailed since [^:]*\d\d:\d\d:\d\d.*: /);
    expectResult(await ask('check:exec', 'warning'), 1, /^PROBLEM CriticalExecProbeFailed /);
    expectResult(await ask('check:pids'), 0, /^OK pids /);

    say('exit 0');
    expectResult(await eventually(ask, ({ code }) => code === 0, 20_000), 0, /^OK /);
  });

  it('is 2 while the agent starts, and once it is dead', async ({ onTestFinished }) => {
    const { agent, ask } = await aNode(onTestFinished, 'sleep 20', 6);
    expectResult(await ask('node'), 2, /^UNKNOWN starting: not every check has run yet$/m);
    expectResult(await ask('check:exec'), 2, /^UNKNOWN exec has not run yet$/m);

    const port = portOf(agent);
    agent.kill('SIGKILL');
    await agent.ended;
    expectResult(await ask('node'), 2, new RegExp(`^UNKNOWN no agent listens at 127\\.0\\.0\\.1:${port}$`, 'm'));
  });

  it('is 2 and in time while the agent is frozen, and while what it knows is too old', async ({ onTestFinished }) => {
    const { agent, ask } = await aNode(onTestFinished);
    await eventually(ask, ({ code }) => code === 0, 20_000);
    agent.kill('SIGSTOP');
    expectResult(await ask('node'), 2, /^UNKNOWN the agent at 127\.0\.0\.1:\d+ does not answer$/m);

    // It answers what waits before its checks run again: they are overdue by then.
    const waiting = ask('node');
    await sleep(1000);
    agent.kill('SIGCONT');
    expectResult(await waiting, 2, /^UNKNOWN .*cannot look now: overdue$/m);
    expectResult(await eventually(ask, ({ code }) => code === 0, 20_000), 0, /^OK /);
  });

  it('is 2 for a check that there is not here, with the words of the agent', async ({ onTestFinished }) => {
    const { ask } = await aNode(onTestFinished);
    expectResult(await ask('check:bogus'), 2, /^UNKNOWN the agent answered 404: There is no check "bogus"; there are /);
    expectResult(await ask('check:kernel'), 2, /^UNKNOWN kernel does not run on this node$/m);
  });
});

describe('the plugin', () => {
  it.each([
    [['cluster'], /^UNKNOWN the scope is node or check:ID, not cluster$/m],
    [['check:'], /^UNKNOWN the scope is/],
    [['check:a HTTP/1.0\r\nX: y'], /^UNKNOWN the scope is/],
    [['node', 'info'], /^UNKNOWN the severity is critical or warning, not info$/m],
  ])('takes %j for a mistake', async (args, line) => {
    expectResult(await runPlugin(args, { MEERKAT_PORT: NOTHING_LISTENS }), 2, line);
  });

  it.each([
    [{ MEERKAT_PORT: '7575 ' }, /^UNKNOWN MEERKAT_PORT is not a port/],
    [{ MEERKAT_TIMEOUT: 'long' }, /^UNKNOWN MEERKAT_TIMEOUT is not a number/],
    [{ MEERKAT_PORT: NOTHING_LISTENS }, /^UNKNOWN no agent listens at 127\.0\.0\.1:1$/m],
    [{ MEERKAT_HOST: 'no-such-host.invalid' }, /^UNKNOWN no agent listens at no-such-host/],
  ])('is 2 with %j', async (env, line) => {
    expectResult(await runPlugin([], env), 2, line);
  });

  it.each([
    ['a web server', 'HTTP/1.1 200 OK\r\n\r\n<html>It works!</html>', /answered 200; is it a Meerkat agent\?$/m],
    ['a proxy', 'HTTP/1.1 503 Service Unavailable\r\n\r\nProblem', /answered 503; is it a Meerkat agent\?$/m],
    ['an unasked word of ours', 'HTTP/1.1 200 OK\r\n\r\nPROBLEM x', /answered 200; is it a Meerkat agent\?$/m],
    ['what speaks no HTTP', 'SSH-2.0-x\r\n', /does not speak HTTP/],
    ['what says nothing', '', /does not speak HTTP/],
    ['what never ends', `HTTP/1.1 200 OK\r\n${'x'.repeat(3_000_000)}`, /answered 200; is it a Meerkat agent\?$/m],
    ['a refusal', 'HTTP/1.1 401 x\r\n\r\n{"message":"needs ä\u0007 token"}', /answered 401: needs \?\?\? token$/m],
  ])('believes no verdict of %s', async (_, answer, line) => {
    const server = createServer((socket) => {
      socket.on('error', () => {});
      socket.once('data', () => socket.end(answer));
    });
    const port = await new Promise<number>((listening) => {
      server.listen(0, '127.0.0.1', () => listening((server.address() as { port: number }).port));
    });
    const result = await runPlugin(['node'], { MEERKAT_PORT: String(port) });
    server.close();
    expectResult(result, 2, line);
  });

  it('holds no pipe of who started it when it gives up', async () => {
    const server = createServer(() => {});
    const port = await new Promise<number>((listening) => {
      server.listen(0, '127.0.0.1', () => listening((server.address() as { port: number }).port));
    });
    const result = await runPlugin(['node'], { MEERKAT_PORT: String(port), MEERKAT_TIMEOUT: '0.3' });
    server.close();
    expectResult(result, 2, /does not answer$/m);
  });
});
