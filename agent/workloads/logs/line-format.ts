/**
 * Lines of container logs in the two forms that kubelets know. CRI:
 * https://github.com/kubernetes/design-proposals-archive/blob/main/node/kubelet-cri-logging.md, of containerd, CRI-O and
 * cri-dockerd's followers: `2016-10-06T00:17:09.669794202+08:00 stdout F text`, where the first of the tags says whether the
 * line goes on (`P`) or ends here (`F`). Docker's `json-file`: `{"log":"text\n","stream":"stdout","time":"…"}`, where a line
 * that goes on has no `\n`.
 */

export type LogStream = 'stdout' | 'stderr';

/** What a container wrote as one line, however its runtime cut it. */
export interface LogLine {
  readonly stream: LogStream;
  /** When its last part was written, Unix ms. */
  readonly at: number;
  /** Without the end of the line; cut to {@link MAX_LINE_BYTES}. */
  readonly text: string;
}

export interface LineReader {
  /** The lines that end in these bytes, which follow those of the call before. */
  take(bytes: Uint8Array): LogLine[];
  /** Lines that are in neither form, so far. */
  readonly unreadable: number;
}

export const MAX_LINE_BYTES = 64 * 1024;

/** A part of a line, as it stands in the file. */
interface Part extends LogLine {
  readonly isLast: boolean;
}

const NEWLINE = 0x0a;
const OPEN_BRACE = 0x7b;
const CRI = /^(\S+) (stdout|stderr) (\S+)(?: ([^]*))?$/;

/** @param isMidLine the first bytes may be the rest of a line, which is left out */
export function createLineReader(isMidLine = false): LineReader {
  let rest: Uint8Array[] = [];
  let restBytes = 0;
  let isSkipping = isMidLine;
  let unreadable = 0;
  const open = new Map<LogStream, string>();

  const keep = (bytes: Uint8Array): void => {
    // Of a line without an end no more is kept than of any other. A runtime writes at most 16 KiB in one.
    if (bytes.length === 0 || restBytes >= 2 * MAX_LINE_BYTES) return;
    rest.push(Buffer.from(bytes));
    restBytes += bytes.length;
  };
  const whole = (bytes: Uint8Array): Uint8Array => {
    if (rest.length === 0) return bytes;
    const joined = Buffer.concat([...rest, bytes]);
    [rest, restBytes] = [[], 0];
    return joined;
  };
  const join = (part: Part): LogLine | undefined => {
    const begun = open.get(part.stream) ?? '';
    const text = begun.length >= MAX_LINE_BYTES ? begun : (begun + part.text).slice(0, MAX_LINE_BYTES);
    if (!part.isLast) {
      open.set(part.stream, text);
      return undefined;
    }
    open.delete(part.stream);
    return { stream: part.stream, at: part.at, text };
  };

  return {
    take(bytes) {
      const lines: LogLine[] = [];
      let from = 0;
      for (let end = bytes.indexOf(NEWLINE); end !== -1; end = bytes.indexOf(NEWLINE, from)) {
        const raw = whole(bytes.subarray(from, end));
        from = end + 1;
        if (isSkipping) {
          isSkipping = false;
          continue;
        }
        const part = readPart(raw);
        if (part === undefined) unreadable += 1;
        const line = part && join(part);
        if (line !== undefined) lines.push(line);
      }
      if (!isSkipping) keep(bytes.subarray(from));
      return lines;
    },
    get unreadable() {
      return unreadable;
    },
  };
}

/** Undefined for what is in neither form. */
function readPart(raw: Uint8Array): Part | undefined {
  const text = Buffer.from(raw.buffer, raw.byteOffset, Math.min(raw.length, 2 * MAX_LINE_BYTES)).toString('utf8');
  return raw[0] === OPEN_BRACE ? readDocker(text) : readCri(text);
}

function readCri(text: string): Part | undefined {
  const [, time = '', stream, tags = '', rest = ''] = CRI.exec(text) ?? [];
  const at = Date.parse(time);
  if ((stream !== 'stdout' && stream !== 'stderr') || Number.isNaN(at)) return undefined;
  const [tag] = tags.split(':');
  return tag === 'P' || tag === 'F' ? { stream, at, text: rest, isLast: tag === 'F' } : undefined;
}

function readDocker(text: string): Part | undefined {
  let value: unknown;
  try {
    value = JSON.parse(text);
  } catch {
    return undefined;
  }
  const { log, stream, time } = value as Readonly<Record<string, unknown>>;
  const at = typeof time === 'string' ? Date.parse(time) : Number.NaN;
  if (typeof log !== 'string' || (stream !== 'stdout' && stream !== 'stderr') || Number.isNaN(at)) return undefined;
  const isLast = log.endsWith('\n');
  return { stream, at, text: isLast ? log.slice(0, -1) : log, isLast };
}
