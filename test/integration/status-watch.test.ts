/** `meerkat status --watch` as a person runs it, of real agents that come and go. */
import { type ChildProcess, spawn } from 'node:child_process';
import { afterEach, expect, it } from 'vitest';
import { type AgentProcess, eventually, startAgentProcess } from '../lib/agent-process.ts';
import { KUBELET_DOWN, aDiagnosis } from '../lib/fixtures.ts';
import { startFixtureServer } from '../lib/http-server.ts';

const ends: (() => unknown)[] = [];
afterEach(async () => {
  for (const end of ends.splice(0).toReversed()) await end();
});

interface Watching {
  readonly said: () => string;
  readonly child: ChildProcess;
  readonly ended: Promise<number | null>;
}

function watching(args: readonly string[], command = [process.execPath, 'agent/main.ts']): Watching {
  const [file = '', ...first] = command;
  const child = spawn(file, [...first, 'status', '--watch', '0.2', ...args], { stdio: ['ignore', 'pipe', 'inherit'] });
  ends.push(() => child.kill('SIGKILL'));
  let said = '';
  child.stdout.on('data', (chunk: Buffer) => (said += chunk.toString('utf8')));
  const ended = new Promise<number | null>((resolve) => {
    child.once('exit', resolve);
  });
  return { said: () => said, child, ended };
}

const untilSaid = (one: Watching, text: string | RegExp): Promise<string> =>
  eventually(
    async () => one.said(),
    (said) => (typeof text === 'string' ? said.includes(text) : text.test(said)),
    20_000,
  );

it('goes on with the next agent when the one that it asked is killed, and ends with 0 by Ctrl-C', async () => {
  const agents: AgentProcess[] = [];
  for (const name of ['m1', 'm2']) {
    const agent = await startAgentProcess({ args: ['--node.name', name] });
    ends.push(() => agent.cleanUp());
    agents.push(agent);
  }
  const [first, second] = agents;
  const hosts = agents.map(({ url }) => new URL(url).host);
  const one = watching(['--from', hosts.join(',')]);
  await untilSaid(one, /^\d{4}-\d\d-\d\d \d\d:\d\d:\d\dZ {2}m1 {2}\w+: /m);

  first?.kill('SIGKILL');
  await untilSaid(one, `now asking ${hosts[1]}`);
  second?.kill('SIGKILL');
  await untilSaid(one, 'nobody answers: trying again');
  one.child.kill('SIGINT');

  expect(await one.ended).toBe(0);
  expect(one.said()).toContain(`No agent listens at ${hosts[0]}`);
});

it('tells what begins and what is over', async () => {
  let diagnosis = aDiagnosis();
  const server = await startFixtureServer({}, { diagnosis: () => diagnosis });
  ends.push(() => server.stop());
  const one = watching(['--port', String(server.port)]);
  await untilSaid(one, 'healthy: Nothing is wrong on node-a.');

  diagnosis = KUBELET_DOWN;
  server.change();
  await untilSaid(one, 'raised: info, follows from KubeletDown: The Node object of node-a is not ready.');
  diagnosis = aDiagnosis();
  server.change();
  await untilSaid(one, 'over: The kubelet on node-a refuses connections.');
  one.child.kill('SIGTERM');

  expect(await one.ended).toBe(0);
});

it('draws on a terminal', async ({ skip }) => {
  const server = await startFixtureServer();
  ends.push(() => server.stop());
  // Without `exec` the shell stays in the foreground too, and dies of the Ctrl-C with a code of its own.
  const command = `stty cols 60 rows 12; exec ${process.execPath} agent/main.ts status --watch 0.2 --port ${server.port}`;
  const child = spawn('script', ['-qec', command, '/dev/null'], { stdio: ['pipe', 'pipe', 'inherit'] });
  ends.push(() => child.kill('SIGKILL'));
  let said = '';
  child.stdout.on('data', (chunk: Buffer) => (said += chunk.toString('utf8')));
  const failed = new Promise<boolean>((resolve) => {
    child.once('error', () => resolve(true));
    child.once('spawn', () => resolve(false));
  });
  if (await failed) skip('there is no script(1) here');
  const ended = new Promise<number | null>((resolve) => {
    child.once('exit', resolve);
  });
  await eventually(
    async () => said,
    // Drawn twice.
    (text) => text.split('\u001b[H').length > 2,
    20_000,
  );
  child.stdin.write('\u0003');

  expect(await ended).toBe(0);
  expect(said).toContain('Ctrl-C ends');
  expect(said).toContain('\u001b[33mDEGRADED\u001b[0m');
  expect(said).toMatch(/\(lines below: \d+\)/);
});
