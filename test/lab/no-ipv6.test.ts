/** An agent on a machine whose kernel has no IPv6: every IPv6 socket is refused. */
import { execFileSync, spawnSync } from 'node:child_process';
import { mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import type { ApiStatus } from '../../agent/http/contract.ts';
import { type AgentProcess, eventually, startAgentProcess } from '../lib/agent-process.ts';
import { NO_DISK_SPACE } from './lib/cluster.ts';

/** Stands before the C library's socket(2): what a kernel without IPv6 answers. */
const SHIM = `
#define _GNU_SOURCE
#include <dlfcn.h>
#include <errno.h>
#include <sys/socket.h>
int socket(int domain, int type, int protocol) {
  if (domain == AF_INET6) { errno = EAFNOSUPPORT; return -1; }
  int (*real)(int, int, int) = (int (*)(int, int, int)) dlsym(RTLD_NEXT, "socket");
  return real(domain, type, protocol);
}
`;

const missing = spawnSync('gcc', ['--version']).status === 0 ? undefined : 'gcc is not installed';
if (missing !== undefined) process.stderr.write(`no-ipv6: skipped, ${missing}\n`);

describe.skipIf(missing !== undefined)('a machine without IPv6', () => {
  let directory = '';
  let agent: AgentProcess;

  beforeAll(async () => {
    directory = mkdtempSync(join(tmpdir(), 'meerkat-no-ipv6-'));
    const library = join(directory, 'no-ipv6.so');
    writeFileSync(join(directory, 'no-ipv6.c'), SHIM);
    execFileSync('gcc', ['-shared', '-fPIC', '-o', library, join(directory, 'no-ipv6.c'), '-ldl']);
    const proof = spawnSync(
      process.execPath,
      ['-e', "require('net').createServer().on('error', e => console.log(e.code)).listen(0, '::')"],
      {
        env: { ...process.env, LD_PRELOAD: library },
        encoding: 'utf8',
      },
    );
    expect(proof.stdout.trim()).toBe('EAFNOSUPPORT');
    agent = await startAgentProcess({ address: '', args: NO_DISK_SPACE, env: { LD_PRELOAD: library } });
  });

  afterAll(async () => {
    await agent?.cleanUp();
    rmSync(directory, { recursive: true, force: true });
  });

  it('answers over IPv4 and looks at everything', async () => {
    expect(agent.url).toMatch(/^http:\/\/127\.0\.0\.1:/);
    const status = await eventually(
      () => agent.json<ApiStatus>('/api/v1/status'),
      ({ view }) => view.settled,
      20_000,
    );
    expect(status.findings).toEqual([]);
    agent.kill('SIGTERM');
    expect(await agent.ended).toEqual({ code: 0, signal: null });
  });
});
