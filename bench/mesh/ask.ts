/** JSON over HTTP from many agents, one connection held to each, because asking must cost them little. */
import { Agent, get } from 'node:http';

export interface Ask {
  /** Undefined: no whole answer within 5 s. */
  <T>(address: string, path: string): Promise<T | undefined>;
  close(): void;
}

/** An agent that is frozen answers when it goes on. */
const ANSWER_WITHIN_MS = 5000;

export function createAsk(port: number): Ask {
  const agent = new Agent({ keepAlive: true, maxSockets: 2 });
  const ask = <T>(host: string, path: string): Promise<T | undefined> =>
    new Promise((done) => {
      const signal = AbortSignal.timeout(ANSWER_WITHIN_MS);
      const nothing = (): void => done(undefined);
      const request = get({ host, port, path, agent, signal, headers: { accept: 'application/json' } }, (response) => {
        let body = '';
        response.setEncoding('utf8').on('data', (chunk: string) => (body += chunk));
        response.on('error', nothing);
        response.on('end', () => done(response.statusCode === 200 ? (JSON.parse(body) as T) : undefined));
      });
      request.on('error', nothing);
    });
  return Object.assign(ask, { close: () => agent.destroy() });
}
