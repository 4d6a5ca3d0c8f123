/** `meerkat notify`, as an operator runs it, against servers that believe nothing. */
import { execFile } from 'node:child_process';
import { mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterAll, afterEach, beforeAll, describe, expect, it } from 'vitest';
import { type StrictOptions, type StrictReceiver, startStrictReceiver } from '../lib/strict-receiver.ts';

let directory = '';
const running: StrictReceiver[] = [];

beforeAll(() => {
  directory = mkdtempSync(join(tmpdir(), 'meerkat-notify-'));
});
afterEach(async () => {
  await Promise.all(running.splice(0).map((one) => one.stop()));
});
afterAll(() => rmSync(directory, { recursive: true, force: true }));

async function strict(options: StrictOptions): Promise<StrictReceiver> {
  const receiver = await startStrictReceiver(options);
  running.push(receiver);
  return receiver;
}

function put(name: string, text: string): string {
  const path = join(directory, name);
  writeFileSync(path, text);
  return path;
}

interface Ended {
  readonly code: number;
  readonly stdout: string;
  readonly stderr: string;
}

function notify(receivers: readonly object[], ...words: readonly (string | object)[]): Promise<Ended> {
  const args = words.filter((one) => typeof one === 'string');
  const more = Object.assign({}, ...words.filter((one) => typeof one === 'object')) as object;
  const config = put('config.yaml', JSON.stringify({ node: { name: 'w1' }, notifications: { receivers, ...more } }));
  return new Promise((resolve) => {
    execFile(
      process.execPath,
      ['agent/main.ts', 'notify', ...args, '--config', config],
      { env: { PATH: process.env['PATH'] } },
      (error, stdout, stderr) =>
        resolve({
          code: typeof error?.code === 'number' ? error.code : 0,
          stdout,
          stderr,
        }),
    );
  });
}

describe('meerkat notify test', () => {
  it('opens and closes a test at a webhook', async () => {
    const server = await strict({ kind: 'webhook', secret: 'hmac' });
    // By a name, which is looked up.
    const url = server.url.replace('127.0.0.1', 'localhost');
    const settings = { name: 'ops', webhook: { url, secretFile: put('hmac', 'hmac\n') } };
    const { code, stdout, stderr } = await notify([settings], 'test', 'ops');
    expect([code, stderr]).toEqual([0, '']);
    expect(stdout).toMatch(/^ops has it, after \d+(ms|s)\.\n$/);
    expect(server.faults()).toEqual([]);
    expect(server.records.map(({ alerts }) => alerts.map(({ status, labels }) => ({ status, ...labels })))).toEqual([
      [{ status: 'firing', alertname: 'TestNotification', severity: 'info', node: 'w1' }],
      [{ status: 'resolved', alertname: 'TestNotification', severity: 'info', node: 'w1' }],
    ]);
    expect(new Set(server.records.flatMap(({ alerts }) => alerts.map(({ fingerprint }) => fingerprint)))).toHaveLength(
      1,
    );
    expect(new Set(server.records.map(({ id }) => id))).toHaveLength(2);
  });

  it('says what DingTalk has against it, and where to look, without the token', async () => {
    const server = await strict({ kind: 'dingtalk', token: 'right', keyword: 'K' });
    const settings = (keyword: string, token: string): object => ({
      name: 'group',
      dingtalk: { tokenFile: put('token', token), url: `${server.url}/robot/send`, keyword },
    });
    const refused = await notify([settings('no', 'right')], 'test', 'group');
    expect(refused).toMatchObject({ code: 78, stdout: '' });
    expect(refused.stderr).toContain('group refuses it, and would refuse every message: DingTalk answers 310000');
    expect(refused.stderr).toContain('dingtalk.keyword');
    const wrong = await notify([settings('K', 'wr0ng')], 'test', 'group', '--json');
    expect(wrong.code).toBe(78);
    expect(JSON.parse(wrong.stdout)).toMatchObject({ receiver: 'group', kind: 'refused' });
    expect(JSON.stringify([refused, wrong])).not.toMatch(/wr0ng|access_token=/);
    expect(await notify([settings('K', 'right')], 'test', 'group')).toMatchObject({ code: 0 });
    expect(server.records.at(-1)?.text).toContain('info TestNotification w1: Somebody tries on w1');
  });

  it('says what Slack has against it, without the address', async () => {
    const server = await strict({ kind: 'slack', token: 'T0/B0/right1' });
    const settings = (path: string): object => ({ name: 'chat', slack: { urlFile: put('url', server.url + path) } });
    expect(await notify([settings('/services/T0/B0/right1')], 'test', 'chat')).toMatchObject({ code: 0, stderr: '' });
    expect(server.records.at(-1)?.text).toContain('*info* TestNotification w1: Somebody tries on w1');
    const wrong = await notify([settings('/services/T0/B0/wr0ng1')], 'test', 'chat');
    expect(wrong).toMatchObject({ code: 78, stdout: '', stderr: expect.stringContaining('slack.urlFile') });
    expect(JSON.stringify(wrong)).not.toMatch(/wr0ng1/);
    expect((await notify([settings('/x')], 'list')).stdout).toMatch(/^chat {2}slack {2}[0-9a-f]{16}\n$/);
    expect(server.faults()).toEqual([]);
  });

  it('refuses a template that names what there is not, with its place', async () => {
    const settings = { name: 'ops', webhook: { url: 'https://hooks.example.org/x' }, template: 'short' };
    const wrong = await notify([settings], 'list', { templates: { short: '{{reson}}' } });
    expect(wrong.code).toBe(78);
    expect(wrong.stderr).toMatch(
      /notifications\.templates\[short\] \(.*config\.yaml line 1\): has \{\{reson\}\}.*Did you mean reason\?/,
    );
  });

  it('ends with 69 where nobody answers, and where a file is missing', async () => {
    const server = await strict({ kind: 'alertmanager' });
    const settings = { name: 'am', alertmanager: { url: server.url } };
    expect(await notify([settings], 'test', 'am')).toMatchObject({ code: 0 });
    expect(server.faults()).toEqual([]);
    await server.stop();
    const gone = await notify([settings], 'test', 'am');
    expect(gone.code).toBe(69);
    expect(gone.stderr).toContain(`${server.url}: connect ECONNREFUSED`);
    const lost = await notify([{ name: 'd', dingtalk: { tokenFile: '/nonexistent/token' } }], 'test', 'd');
    expect(lost).toMatchObject({ code: 69, stderr: expect.stringContaining('/nonexistent/token is not there.') });
  });

  it('names the receivers that there are', async () => {
    const settings = [{ name: 'ops', webhook: { url: 'https://hooks.example.org/services/s3cret' } }];
    const wrong = await notify(settings, 'test', 'op');
    expect(wrong).toMatchObject({ code: 64, stderr: expect.stringContaining('There are: ops.') });
    expect((await notify(settings, 'try')).code).toBe(64);
    const list = await notify(settings, 'list');
    expect(list).toMatchObject({ code: 0, stdout: expect.stringMatching(/^ops {2}webhook {2}[0-9a-f]{16}\n$/) });
    expect((await notify([], 'list')).stdout).toContain('No receiver is configured');
  });
});
