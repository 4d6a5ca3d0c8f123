/** Stands where an API server should be, with its certificate, and does not do its work: `ADDRESS PORT CERT KEY 500|slow`. */
import { readFileSync } from 'node:fs';
import { createServer } from 'node:https';
import { argv, stdout } from 'node:process';

const [address = '', port = '', certFile = '', keyFile = '', how = ''] = argv.slice(2);
const SLOW_MS = 30_000;

const server = createServer({ cert: readFileSync(certFile), key: readFileSync(keyFile) }, (_, response) => {
  const answer = (): void =>
    void response
      .writeHead(500, { 'content-type': 'application/json' })
      .end('{"kind":"Status","message":"etcdserver: request timed out"}');
  if (how === 'slow') setTimeout(answer, SLOW_MS);
  else answer();
});
server.listen(Number(port), address, () => stdout.write('listening\n'));
