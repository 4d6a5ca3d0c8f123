/**
 * The end of the log of one run of a container, without secrets. Files are read without waiting, so only in a thread that has
 * nothing else to do; never more than their ends.
 */
import { closeSync, fstatSync, openSync, readSync, readdirSync, statSync } from 'node:fs';
import { join } from 'node:path';
import { isLabelName, isSubdomainName } from '../../model/kubernetes-names.ts';
import type { SceneLine, SceneLog } from '../../model/scene.ts';
import { cleanText } from '../../model/text.ts';
import { type LogLine, createLineReader } from '../logs/line-format.ts';
import { instanceOf, parsePodDirectory, runsIn } from '../logs/log-files.ts';
import { redactLines } from './redact.ts';

export interface TailOf {
  readonly namespace: string;
  readonly pod: string;
  /** As the kubelet names the pod's directory; where there is none of that name the newest one of the pod is read. */
  readonly uid: string | undefined;
  /** Empty: that which wrote last. */
  readonly container: string;
  /** The run that ended; undefined: the newest. */
  readonly run: number | undefined;
  /** Without those beside it. */
  readonly isAlone?: boolean;
}

export interface Tails {
  /** Of the run that was asked for, then of those beside it: the one after it, the one before it. */
  readonly logs: readonly SceneLog[];
  /** What could not be read, a clause each. */
  readonly missing: readonly string[];
}

const MOST_LINES = 200;
/** Of text, of one run. */
const MOST_BYTES = 64 * 1024;
/** Of a file; with the time, the stream and the tags of each line. */
const READ_BYTES = 192 * 1024;
const MOST_LINE = 4096;
/** Of colours and cursors; what else a terminal would obey is cleaned with all text. */
// oxlint-disable-next-line no-control-regex -- these are the characters to remove
const TERMINAL = /\u001b\[[0-9;:?]{0,32}[A-Za-z]/g;

/** @param directory `/var/log/pods` as this process finds it */
export function readTails(directory: string, of: TailOf): Tails {
  // Whoever asks: a container becomes part of a path.
  if (!isNamed(of)) return nothing('log: no pod or container has a name like that');
  const found = findPod(directory, of);
  if (found === undefined) return nothing(`log: there is none of ${of.namespace}/${of.pod} in the kubelet’s directory`);
  const path = join(directory, found);
  const container = of.container === '' ? lastWriter(path) : of.container;
  const names = container === undefined ? [] : namesIn(join(path, container));
  const runs = [...new Set(runsIn(names))].sort((a, b) => a - b);
  const newest = runs.at(-1);
  if (container === undefined || newest === undefined)
    return nothing(
      `log: ${of.namespace}/${of.pod}${of.container === '' ? '' : `, container ${of.container}`} has none`,
    );
  const asked = of.run ?? newest;
  const around = of.isAlone === true ? [] : [runs.find((run) => run > asked), runs.findLast((run) => run < asked)];
  const beside = around.filter((run) => run !== undefined);
  const read = (run: number): SceneLog | string => {
    try {
      return readRun(join(path, container), names, container, run);
    } catch (error) {
      return `log of run ${run}: ${error instanceof Error ? error.message : String(error)}`;
    }
  };
  const all = [
    runs.includes(asked) ? read(asked) : `log of run ${asked}: the kubelet has removed it already`,
    ...beside.map(read),
  ];
  return {
    logs: all.filter((one) => typeof one !== 'string'),
    missing: all.filter((one) => typeof one === 'string'),
  };
}

const isNamed = ({ namespace, pod, container }: TailOf): boolean =>
  isLabelName(namespace) && isSubdomainName(pod) && (container === '' || isLabelName(container));

const nothing = (why: string): Tails => ({ logs: [], missing: [why] });

function findPod(directory: string, { namespace, pod, uid }: TailOf): string | undefined {
  const all = readdirSync(directory).filter((name) => {
    const parsed = parsePodDirectory(name);
    return parsed?.namespace === namespace && parsed.pod === pod;
  });
  return all.find((name) => parsePodDirectory(name)?.uid === uid) ?? newestOf(directory, all);
}

const lastWriter = (path: string): string | undefined =>
  newestOf(
    path,
    namesIn(path).filter((name) => runsIn(namesIn(join(path, name))).length > 0),
  );

const newestOf = (directory: string, names: readonly string[]): string | undefined =>
  names
    .map((name) => ({ name, at: statSync(join(directory, name), { throwIfNoEntry: false })?.mtimeMs ?? 0 }))
    .toSorted((a, b) => b.at - a.at)[0]?.name;

/** Of what is no directory, or is gone: none. */
function namesIn(directory: string): string[] {
  try {
    return readdirSync(directory);
  } catch {
    return [];
  }
}

function readRun(directory: string, names: readonly string[], container: string, run: number): SceneLog {
  const { current, rotated } = instanceOf(names, run);
  const reader = createLineReader();
  // Where it was rotated a moment ago, what matters is in the file before.
  const [before] = rotated;
  const last = names.includes(current) ? readEnd(join(directory, current), READ_BYTES) : undefined;
  const room = READ_BYTES - (last?.bytes.length ?? 0);
  const first =
    before !== undefined && room > 0 && last?.isCut !== true ? readEnd(join(directory, before), room) : undefined;
  const isCut = last?.isCut === true || first?.isCut === true || rotated.length > (first === undefined ? 0 : 1);
  const isMidLine = (first ?? last)?.isCut === true;
  const raw = [first, last].flatMap((part) => (part === undefined ? [] : reader.take(part.bytes)));
  // The first of each stream may be the rest of a line, and what is masked by its beginning not be recognised.
  const whole = isMidLine ? withoutFirsts(raw) : raw;
  const lines = whole.slice(-MOST_LINES);
  const redacted = redactLines(lines.map(({ text }) => cleaned(text)));
  const kept: SceneLine[] = [];
  let [bytes, maskedLines] = [0, 0];
  for (let index = lines.length - 1; index >= 0; index -= 1) {
    const { at, stream } = lines[index]!;
    const { text, isMasked } = redacted[index]!;
    const short = text.length > MOST_LINE ? `${text.slice(0, MOST_LINE)}… (${text.length - MOST_LINE} more)` : text;
    bytes += Buffer.byteLength(short);
    if (bytes > MOST_BYTES) break;
    if (isMasked) maskedLines += 1;
    kept.push({ at, stream, text: short });
  }
  return {
    container,
    run,
    lines: kept.toReversed(),
    isCut: isCut || kept.length < raw.length,
    maskedLines,
    // Of what begins inside of a line the first is in no form.
    unreadableLines: Math.max(0, reader.unreadable - (isMidLine ? 1 : 0)),
  };
}

const cleaned = (text: string): string => cleanText(text.replace(TERMINAL, ''), Infinity);

function withoutFirsts(lines: readonly LogLine[]): readonly LogLine[] {
  const seen = new Set<string>();
  return lines.filter(({ stream }) => {
    const isFirst = !seen.has(stream);
    seen.add(stream);
    return !isFirst;
  });
}

/** @throws the system's error, or that a link leads nowhere */
function readEnd(path: string, most: number): { readonly bytes: Uint8Array; readonly isCut: boolean } {
  const file = open(path);
  try {
    const { size } = fstatSync(file);
    const from = Math.max(0, size - most);
    const bytes = Buffer.alloc(size - from);
    let filled = 0;
    while (filled < bytes.length) {
      const count = readSync(file, bytes, filled, bytes.length - filled, from + filled);
      if (count === 0) break;
      filled += count;
    }
    // What ended in the middle of a line, as a container that is killed does, has no newline to end it.
    const isEnded = filled === 0 || bytes[filled - 1] === 0x0a;
    const read = bytes.subarray(0, filled);
    return { bytes: isEnded ? read : Buffer.concat([read, Buffer.from('\n')]), isCut: from > 0 };
  } finally {
    closeSync(file);
  }
}

function open(path: string): number {
  try {
    return openSync(path, 'r');
  } catch (error) {
    const isGone = error instanceof Error && 'code' in error && error.code === 'ENOENT';
    throw isGone ? new Error(`${path} leads nowhere: is where it leads mounted?`, { cause: error }) : error;
  }
}
