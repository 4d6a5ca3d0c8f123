import { cpSync, mkdirSync, mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { createServer } from 'node:http';
import { tmpdir } from 'node:os';
import { dirname, join } from 'node:path';
import { afterAll, afterEach, beforeAll, beforeEach, describe, expect, it } from 'vitest';
import { systemClock } from '../../agent/base/clock.ts';
import { etcd } from '../../checks/etcd.ts';
import type { EtcdConfig } from '../../checks/lib/etcd/target.ts';
import { createFetch } from '../../checks/lib/fetch.ts';
import { createHostFiles } from '../../checks/lib/host-files.ts';
import { testContext } from '../../checks/lib/testing.ts';
import type { FetchResult, Outcome } from '../../checks/types.ts';
import { type Authority, createAuthority } from './lib/certificates.ts';
import { createMembers, ETCD_VERSION, type Member, waitForAnswer } from './lib/etcd.ts';

if (ETCD_VERSION === undefined) process.stderr.write('lab: no etcd on this machine, so its check is not tried\n');
else process.stderr.write(`lab: etcd ${ETCD_VERSION}\n`);

let directory: string;
let root: string;
const members: Member[] = [];

beforeEach(() => {
  directory = mkdtempSync(join(tmpdir(), 'meerkat-etcd-'));
  root = join(directory, 'root');
});
afterEach(async () => {
  for (const member of members.splice(0)) await member.kill();
  rmSync(directory, { recursive: true, force: true });
});

/** Members that run and have a leader. */
async function startMembers(count: number, options: Parameters<typeof createMembers>[2] = {}): Promise<Member[]> {
  const created = await createMembers(directory, count, options);
  members.push(...created);
  for (const member of created) member.start();
  for (const member of created) await waitForAnswer(`${member.metricsUrl}/health`, '"health":"true"');
  return created;
}

const startMember = async (options?: Parameters<typeof createMembers>[2]): Promise<Member> => {
  const [member] = await startMembers(1, options);
  if (member === undefined) throw new Error('no member');
  return member;
};

/** Puts a file on the host that the check sees. */
function place(path: string, text: string): void {
  mkdirSync(dirname(join(root, path)), { recursive: true });
  writeFileSync(join(root, path), text);
}

/** A check with a state of its own; each call is one run with the run's own deadline. */
function watch(config: Partial<EtcdConfig>): () => Promise<Outcome> {
  mkdirSync(root, { recursive: true });
  const context = testContext(etcd, { config, clock: systemClock, host: createHostFiles(systemClock, { root }) });
  return async () => {
    const run = new AbortController();
    const deadline = setTimeout(() => run.abort(), etcd.timeoutMs);
    const outcome = await etcd.run({ ...context, signal: run.signal, fetch: createFetch(run.signal, systemClock) });
    clearTimeout(deadline);
    return outcome;
  };
}

/** Once, as a client that shows this certificate. */
const ask = (url: string, tls: { readonly cert: string; readonly key: string }): Promise<FetchResult> =>
  createFetch(AbortSignal.timeout(5000), systemClock)({ url, method: 'POST', body: '{}', tls });

/** Runs until the outcome is as expected, as long as a settled state may take; then once more. */
async function expectSettled(look: () => Promise<Outcome>, expected: object): Promise<void> {
  await expect.poll(look, { timeout: 20_000, interval: 500 }).toMatchObject(expected);
  expect(await look()).toMatchObject(expected);
}

const problem = (reason: string): object => ({ status: 'problem', problems: [{ reason }] });
const readings = (outcome: Outcome): Record<string, number> =>
  'readings' in outcome ? Object.fromEntries((outcome.readings ?? []).map(({ name, value }) => [name, value])) : {};

describe.skipIf(ETCD_VERSION === undefined)('one member', () => {
  it('is ok while it runs, with its figures', async () => {
    const member = await startMember();

    const outcome = await watch({ endpoint: member.clientUrl })();

    expect(outcome.status).toBe('ok');
    // How long writes take is known after half a minute.
    const atOnce = Object.keys(etcd.readings).filter((name) => !name.includes('p99'));
    expect(Object.keys(readings(outcome)).sort()).toEqual(atOnce.sort());
    expect(readings(outcome)).toMatchObject({
      leader_count: 1,
      leader_changes_total: 1,
      db_quota_bytes: 2_147_483_648,
    });
  });

  it('is found by the manifest that it is started from', async () => {
    const member = await startMember();
    place(
      '/etc/kubernetes/manifests/etcd.yaml',
      `spec:\n  containers:\n  - command:\n    - etcd\n    - --listen-client-urls=${member.clientUrl}\n`,
    );

    expect(await watch({})()).toMatchObject({ status: 'ok' });
  });

  it('is absent when it is stopped, and its manifest says that it belongs here', async () => {
    const member = await startMember();
    place('/etc/kubernetes/manifests/etcd.yaml', `    - --listen-client-urls=${member.clientUrl}\n`);
    const look = watch({});
    await expectSettled(look, { status: 'ok' });

    await member.kill();

    expect(await look()).toEqual({ status: 'absent', why: `nobody listens on ${new URL(member.clientUrl).host}` });
    const context = testContext(etcd, { host: createHostFiles(systemClock, { root }) });
    expect(await etcd.presence?.traces(context)).toBe('static manifest /etc/kubernetes/manifests/etcd.yaml');
    member.start();
    await expectSettled(look, { status: 'ok' });
  });

  it('is EtcdHung while it is frozen, with and without its metrics port', async () => {
    const member = await startMember();
    const look = watch({ endpoint: member.clientUrl });
    const lookTwice = watch({ endpoint: member.clientUrl, metricsEndpoint: member.metricsUrl });
    await look();

    member.freeze();

    await expectSettled(look, problem('EtcdHung'));
    await expectSettled(lookTwice, problem('EtcdHung'));
    member.thaw();
    await expectSettled(look, { status: 'ok' });
  });

  it('is EtcdNoSpace when its quota is used up, EtcdNearQuota before', async () => {
    const member = await startMember({ flags: ['--quota-backend-bytes=2000000'] });
    const client = watch({ endpoint: member.clientUrl });
    const put = async (index: number): Promise<number> => {
      const key = Buffer.from(`k${index}`).toString('base64');
      const value = Buffer.alloc(60_000).toString('base64');
      const response = await fetch(`${member.clientUrl}/v3/kv/put`, {
        method: 'POST',
        body: JSON.stringify({ key, value }),
      });
      return response.status;
    };
    let near = false;
    for (let index = 0; index < 100 && (await put(index)) === 200; index += 1) {
      const outcome: Outcome | undefined = near ? undefined : await client();
      near ||= outcome?.status === 'problem' && outcome.problems[0].reason === 'EtcdNearQuota';
      // etcd writes in batches of 100 ms: faster than that it is not near its quota at any moment, and then full.
      await systemClock.sleep(120);
    }

    expect(near).toBe(true);
    await expectSettled(client, problem('EtcdNoSpace'));
    // Before 3.5 the health port gives no reason, and says so.
    await expectSettled(watch({ endpoint: 'http://127.0.0.1:9', metricsEndpoint: member.metricsUrl }), {
      status: 'problem',
    });
  });
});

describe.skipIf(ETCD_VERSION === undefined)('a member that is given data of yesterday', () => {
  it('is EtcdRevisionWentBack, and not for having been started anew', async () => {
    const member = await startMember();
    const look = watch({ endpoint: member.clientUrl });
    const [data, copy] = [join(directory, member.name), join(directory, 'snapshot')];
    const startAnew = async (): Promise<void> => {
      member.start();
      await waitForAnswer(`${member.metricsUrl}/health`, '"health":"true"');
    };
    await member.kill();
    cpSync(data, copy, { recursive: true });
    await startAnew();
    const put = async (): Promise<void> => {
      const body = JSON.stringify({ key: Buffer.from('k').toString('base64'), value: '' });
      const { status } = await fetch(`${member.clientUrl}/v3/kv/put`, { method: 'POST', body });
      expect(status).toBe(200);
    };
    // Each is a revision; many share a sync of the log.
    for (let batch = 0; batch < 22; batch += 1) await Promise.all(Array.from({ length: 50 }, put));
    await expectSettled(look, { status: 'ok' });
    await member.kill();
    await startAnew();
    await expectSettled(look, { status: 'ok' });

    await member.kill();
    rmSync(data, { recursive: true });
    cpSync(copy, data, { recursive: true });
    await startAnew();

    await expectSettled(look, problem('EtcdRevisionWentBack'));
  });
});

describe.skipIf(ETCD_VERSION === undefined)('three members', () => {
  it('are EtcdNoLeader at the one that is left, by either port, and again when it starts alone', async () => {
    const [left, ...others] = await startMembers(3);
    if (left === undefined) throw new Error('no member');
    const byClient = watch({ endpoint: left.clientUrl });
    const byHealth = watch({ endpoint: 'http://127.0.0.1:9', metricsEndpoint: left.metricsUrl });
    const byBoth = watch({ endpoint: left.clientUrl, metricsEndpoint: left.metricsUrl });
    for (const look of [byClient, byHealth, byBoth]) await expectSettled(look, { status: 'ok' });

    await others[0]?.kill();
    await expectSettled(byClient, { status: 'ok' });
    await others[1]?.kill();

    for (const look of [byClient, byHealth, byBoth]) await expectSettled(look, problem('EtcdNoLeader'));
    await left.kill();
    left.start();
    await waitForAnswer(`${left.metricsUrl}/health`, '"health":"false"');
    // Its client port accepts and is silent until there is a majority: only the other port tells that from frozen.
    await expectSettled(byBoth, problem('EtcdNoLeader'));
    await expectSettled(byClient, problem('EtcdHung'));
    for (const other of others) other.start();
    for (const look of [byClient, byHealth, byBoth]) await expectSettled(look, { status: 'ok' });
  });
});

describe.skipIf(ETCD_VERSION === undefined)('a member that wants certificates', () => {
  let authority: Authority;
  let files: string;

  beforeAll(async () => {
    files = mkdtempSync(join(tmpdir(), 'meerkat-etcd-tls-'));
    authority = await createAuthority(files, 'etcd');
  });
  afterAll(() => rmSync(files, { recursive: true, force: true }));

  it('is ok with one that it accepts, and unknown without, naming it', async () => {
    const [server, client] = [await authority.issue('server'), await authority.issue('client')];
    const stranger = await (await createAuthority(files, 'other')).issue('client');
    const flags = [
      `--cert-file=${server.certFile}`,
      `--key-file=${server.keyFile}`,
      `--trusted-ca-file=${authority.caFile}`,
      '--client-cert-auth=true',
    ];
    const member = await startMember({ scheme: 'https', flags });
    const { port } = new URL(member.clientUrl);
    const manifest = [`--listen-client-urls=https://127.0.0.1:${port}`, ...flags]
      .map((flag) => `    - ${flag}\n`)
      .join('');
    place('/etc/kubernetes/manifests/etcd.yaml', manifest);

    const without = await watch({})();
    expect(without).toMatchObject({ status: 'unknown' });
    expect('why' in without && without.why).toContain('wants a client certificate');
    expect('why' in without && without.why).toContain(`signed by ${authority.caFile}`);
    expect('why' in without && without.why).toContain('healthcheck-client.crt');

    place('/etc/pki/other.crt', stranger.cert);
    place('/etc/pki/other.key', stranger.key);
    const wrong = await watch({ certFile: '/etc/pki/other.crt', keyFile: '/etc/pki/other.key' })();
    expect(wrong).toMatchObject({ status: 'unknown' });
    expect('why' in wrong && wrong.why).toContain('refuses the client certificate /etc/pki/other.crt');

    await expectSettled(watch({ metricsEndpoint: member.metricsUrl }), { status: 'ok' });

    place('/etc/kubernetes/pki/etcd/healthcheck-client.crt', client.cert);
    place('/etc/kubernetes/pki/etcd/healthcheck-client.key', client.key);
    // Its gateway is ready a moment later than its health port.
    const look = watch({});
    await expectSettled(look, { status: 'ok' });
    expect(readings(await look())).toMatchObject({ leader_count: 1 });

    const shown = { ...(await authority.issue('apiserver')), path: '/etc/kubernetes/pki/apiserver-etcd-client.crt' };
    place(
      '/etc/kubernetes/manifests/kube-apiserver.yaml',
      `    - --etcd-servers=https://127.0.0.1:${port}\n    - --etcd-certfile=${shown.path}\n`,
    );
    place(authority.caFile, authority.ca);
    place(shown.path, shown.cert);
    await expectSettled(watch({}), { status: 'ok' });
    place(shown.path, stranger.cert);
    await expectSettled(watch({}), problem('EtcdMisconfigured'));
    await expect(
      ask(`${member.clientUrl}/v3/maintenance/status`, { cert: stranger.cert, key: stranger.key }),
    ).resolves.toMatchObject({ kind: 'failure' });

    place(shown.path, shown.cert);
    member.freeze();
    await expectSettled(watch({}), problem('EtcdHung'));
  });
});

describe('something else on the port', () => {
  it('is no etcd', async () => {
    const server = createServer((_, response) => response.writeHead(404).end('not found'));
    await new Promise<void>((resolve) => {
      server.listen(0, '127.0.0.1', resolve);
    });
    const address = server.address();
    const port = address !== null && typeof address === 'object' ? address.port : 0;

    const outcome = await watch({ endpoint: `http://127.0.0.1:${port}` })();

    expect(outcome).toEqual({
      status: 'absent',
      why: `what answers on 127.0.0.1:${port} is no etcd: status 404, not found`,
    });
    server.close();
  });
});
