/** Bytes over a socket, for what no HTTP client would send. */
import { connect } from 'node:net';

export interface RawAnswer {
  readonly statusCode: number;
  readonly headers: Readonly<Record<string, string>>;
  readonly body: string;
}

export interface RawExchange {
  /** All that came, byte for byte. */
  readonly text: string;
  readonly answers: readonly RawAnswer[];
  readonly statusCodes: readonly number[];
  /** Of the first answer. */
  readonly headers: Readonly<Record<string, string>>;
  readonly body: string;
}

/** Sends `bytes` and reads until the server closes, or nothing has come for `quietMs`. Never rejects. */
export function sendRaw(
  port: number,
  bytes: string | Uint8Array,
  quietMs = 2000,
  host = '127.0.0.1',
): Promise<RawExchange> {
  return new Promise((resolve) => {
    const chunks: Buffer[] = [];
    const socket = connect({ port, host });
    const finish = (): void => {
      socket.destroy();
      resolve(parse(Buffer.concat(chunks).toString('latin1')));
    };
    socket.setTimeout(quietMs, finish);
    socket.on('data', (chunk) => chunks.push(chunk));
    // A server that closes on bad bytes may reset the connection.
    socket.on('error', () => {});
    socket.on('close', finish);
    socket.write(bytes);
    socket.end();
  });
}

export const getRequest = (path: string, headers: Readonly<Record<string, string>> = {}): string =>
  [
    `GET ${path} HTTP/1.1`,
    ...Object.entries({ host: 'localhost', connection: 'close', ...headers }).map(
      ([name, value]) => `${name}: ${value}`,
    ),
    '',
    '',
  ].join('\r\n');

/** No text of ours contains a status line, so that every one begins an answer. */
function parse(text: string): RawExchange {
  const starts = [...text.matchAll(/HTTP\/1\.1 \d{3} [^\r\n]*\r\n/g)].map(({ index }) => index);
  const answers = starts.map((start, index) => parseOne(text.slice(start, starts[index + 1])));
  return {
    text,
    answers,
    statusCodes: answers.map(({ statusCode }) => statusCode),
    headers: answers[0]?.headers ?? {},
    body: answers[0]?.body ?? '',
  };
}

function parseOne(text: string): RawAnswer {
  const end = text.indexOf('\r\n\r\n');
  const [first = '', ...lines] = text.slice(0, end).split('\r\n');
  const headers = lines.map((line) => [
    line.slice(0, line.indexOf(':')).toLowerCase(),
    line.slice(line.indexOf(':') + 1).trim(),
  ]);
  return { statusCode: Number(first.split(' ')[1]), headers: Object.fromEntries(headers), body: text.slice(end + 4) };
}
