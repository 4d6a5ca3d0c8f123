/** Handshakes with real servers: good ones, old ones, those that want a certificate of ours, and those that are none. */
import { execFileSync } from 'node:child_process';
import { mkdtempSync, readFileSync, rmSync } from 'node:fs';
import { type AddressInfo, type Server, createServer as createPlain } from 'node:net';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { type TlsOptions, createServer } from 'node:tls';
import { afterAll, afterEach, beforeAll, describe, expect, it } from 'vitest';
import { createPeerCertificate } from '../../checks/lib/peer-certificate.ts';

describe('the certificate of a server', () => {
  const directory = mkdtempSync(join(tmpdir(), 'meerkat-certificate-'));
  const servers: Server[] = [];
  let own: { readonly key: string; readonly cert: string };

  beforeAll(() => {
    const [key, cert] = [join(directory, 'key.pem'), join(directory, 'cert.pem')];
    const curve = ['-newkey', 'ec', '-pkeyopt', 'ec_paramgen_curve:prime256v1'];
    const args = [
      'req',
      '-x509',
      ...curve,
      '-nodes',
      '-days',
      '3',
      '-subj',
      '/CN=server',
      '-keyout',
      key,
      '-out',
      cert,
    ];
    execFileSync('openssl', args, { stdio: 'ignore' });
    own = { key: readFileSync(key, 'utf8'), cert: readFileSync(cert, 'utf8') };
  });
  afterEach(() => {
    for (const server of servers.splice(0)) server.close();
  });
  afterAll(() => rmSync(directory, { recursive: true }));

  const listen = async (server: Server): Promise<number> => {
    servers.push(server);
    server.on('tlsClientError', () => {});
    await new Promise<void>((done) => server.listen(0, '127.0.0.1', done));
    return (server.address() as AddressInfo).port;
  };
  const ask = (port: number, timeoutMs = 2000, signal = new AbortController().signal) =>
    createPeerCertificate(signal)({ host: '127.0.0.1', port, timeoutMs });

  it.each<[string, TlsOptions]>([
    ['whoever asks', {}],
    ['clients with a certificate, TLS 1.3', { requestCert: true, minVersion: 'TLSv1.3' }],
    ['clients with a certificate, TLS 1.2', { requestCert: true, maxVersion: 'TLSv1.2' }],
  ])('is shown to %s', async (_, options) => {
    const port = await listen(createServer({ ...own, ...options }));
    expect(await ask(port)).toEqual({ kind: 'certificate', pem: own.cert });
  });

  it('is none where nobody listens, nobody answers, or who answers speaks no TLS', async () => {
    const closed = createPlain();
    const free = await listen(closed);
    await new Promise((done) => closed.close(done));
    expect(await ask(free)).toMatchObject({ kind: 'failure', failure: 'refused' });

    const silent = await listen(createPlain());
    expect(await ask(silent, 200)).toEqual({
      kind: 'failure',
      failure: 'timeout',
      message: `no TLS handshake with 127.0.0.1:${silent} within 200 ms`,
    });

    const plain = await listen(createPlain((socket) => socket.end('HTTP/1.1 400 Bad Request\r\n\r\n')));
    expect(await ask(plain)).toMatchObject({ kind: 'failure', failure: expect.stringMatching(/^(tls|other)$/) });

    const hangsUp = await listen(createPlain((socket) => socket.destroy()));
    expect(await ask(hangsUp)).toMatchObject({ kind: 'failure', failure: 'reset' });

    const drips = await listen(
      createPlain((socket) => {
        const timer = setInterval(() => socket.write('\x16'), 20);
        socket.on('error', () => {}).on('close', () => clearInterval(timer));
      }),
    );
    expect(await ask(drips, 300)).toMatchObject({ kind: 'failure' });
  });

  it('is not waited for when the run is over', async () => {
    const run = new AbortController();
    const port = await listen(createPlain());
    const asked = ask(port, 60_000, run.signal);
    run.abort();
    expect(await asked).toMatchObject({ kind: 'failure', failure: 'aborted' });
    expect(await ask(port, 60_000, run.signal)).toMatchObject({ kind: 'failure', failure: 'aborted' });
  });
});
