/** What stands in for a kubelet and a kube-proxy on a host: each answers where its health is asked for, and does nothing else. */
import type { LabHost, LabProcess } from './lab/types.ts';

const PROGRAM = `
const { createServer } = require('node:http');
const listen = (port, body) => new Promise((done) => createServer((_, answer) => answer.end(body)).listen(port, '127.0.0.1', done));
Promise.all([listen(10248, 'ok'), listen(10256, '{}')]).then(() => console.log('listening'));
`;

export const startStandIns = (host: LabHost): Promise<LabProcess> =>
  host.start(process.execPath, ['-e', PROGRAM], { readyWhen: /listening/ });
