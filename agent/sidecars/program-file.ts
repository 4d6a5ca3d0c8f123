/** Looks at a program's file before it is started: what the kernel will read of it has been read then. */
import { constants } from 'node:fs';
import { open } from 'node:fs/promises';
import { posix } from 'node:path';
import { beforeDeadline } from '../../checks/lib/deadline.ts';
import type { Gate } from '../../checks/lib/gate.ts';
import { codeOf, messageOf } from '../base/errors.ts';

/** The kernel looks at 256 bytes, and follows scripts that are run by scripts four times. */
const HEAD_BYTES = 256;
const MOST_INTERPRETERS = 4;
const ELF = '\u007fELF';
/** Where a file says what processor it is for, and what those of this machine are called; with 32 bits, too. */
const MACHINE_AT = 18;
const MACHINES: Readonly<Record<string, readonly number[]>> = { x64: [62, 3], arm64: [183, 40] };

/**
 * Undefined when it can be started, as far as can be told. What the kernel refuses the system would run by `/bin/sh`,
 * which nobody asked for: a text without `#!`, a program for another processor.
 */
export async function whyNotToStart(path: string, gate: Gate, deadline: AbortSignal): Promise<string | undefined> {
  let file = path;
  for (let step = 0; step <= MOST_INTERPRETERS; step += 1) {
    const head = await headOf(file, gate, deadline);
    if ('why' in head) return file === path ? head.why : `${head.why}, which is to run ${path}`;
    const { text } = head;
    if (text === undefined) return undefined;
    if (text.startsWith(ELF)) return isForThisMachine(text) ? undefined : `${file} is for another kind of processor`;
    const interpreter = /^#![ \t]*([^ \t\n]+)/.exec(text)?.[1];
    if (interpreter === undefined) return `${file} is neither a program for Linux nor a script that begins with #!`;
    if (interpreter.endsWith('\r')) return `${file} has the line ends of Windows`;
    file = posix.resolve('/', interpreter);
  }
  return `${path} is run by a script that is run by a script, and so on`;
}

/** All that Linux runs today has its lower byte first. Where it is not known what fits, everything may. */
const isForThisMachine = (head: string): boolean =>
  MACHINES[process.arch]?.includes(head.charCodeAt(MACHINE_AT) + 256 * head.charCodeAt(MACHINE_AT + 1)) ?? true;

/** `text` is undefined where it may be run and not be read. */
async function headOf(
  path: string,
  gate: Gate,
  deadline: AbortSignal,
): Promise<{ readonly text: string | undefined } | { readonly why: string }> {
  try {
    return {
      text: await beforeDeadline(
        gate(path, () => read(path)),
        deadline,
      ),
    };
  } catch (error) {
    switch (codeOf(error)) {
      case 'EACCES':
        return { text: undefined };
      case 'ENOENT':
      case 'ENOTDIR':
        return { why: `there is no ${path}` };
      case 'EISDIR':
        return { why: `there is a directory in place of ${path}` };
      case 'ETIMEDOUT':
        return { why: `nothing is heard of the disk with ${path}` };
      default:
        return { why: `nothing can be read (${messageOf(error)}) of ${path}` };
    }
  }
}

/** O_NONBLOCK, because opening a FIFO that nobody writes to would otherwise never return. */
async function read(path: string): Promise<string> {
  const file = await open(path, constants.O_RDONLY | constants.O_NONBLOCK | constants.O_NOCTTY);
  try {
    const { bytesRead, buffer } = await file.read(Buffer.alloc(HEAD_BYTES), 0, HEAD_BYTES, null);
    return buffer.toString('latin1', 0, bytesRead);
  } finally {
    await file.close();
  }
}
