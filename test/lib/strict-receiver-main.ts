/**
 * A strict receiver as a process of its own, for network namespaces. Prints `listening PORT` on a line, and appends what it
 * gets to a file, a line of JSON each. SIGTERM ends it.
 *
 *     node test/lib/strict-receiver-main.ts --kind webhook --port 9000 --record FILE [--address A] [--secret S] [--token T] [--keyword K]
 *       [--mood FILE]
 *
 * The file of `--mood` has how it answers from now on, as JSON; it is read before every answer.
 */
import { appendFileSync, readFileSync } from 'node:fs';
import { parseArgs } from 'node:util';
import { type Mood, type StrictKind, startStrictReceiver } from './strict-receiver.ts';

const { values } = parseArgs({
  options: {
    kind: { type: 'string', default: 'webhook' },
    port: { type: 'string', default: '0' },
    address: { type: 'string', default: '127.0.0.1' },
    record: { type: 'string' },
    secret: { type: 'string' },
    token: { type: 'string' },
    keyword: { type: 'string' },
    mood: { type: 'string' },
  },
});
const { record, mood, kind, port, address, ...demands } = values;

const receiver = await startStrictReceiver({
  ...demands,
  kind: kind as StrictKind,
  port: Number(port),
  address,
  ...(mood !== undefined && { mood: () => moodIn(mood) }),
  onRecord(one) {
    if (record !== undefined) appendFileSync(record, `${JSON.stringify(one)}\n`);
  },
});
process.stdout.write(`listening ${receiver.port}\n`);
process.once('SIGTERM', () => void receiver.stop());

function moodIn(path: string): Mood {
  try {
    return JSON.parse(readFileSync(path, 'utf8')) as Mood;
  } catch {
    return { kind: 'take' };
  }
}
