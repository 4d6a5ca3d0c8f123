/** Everything that a soak says: to the terminal, and to a directory where one was asked for. */
import { appendFileSync, mkdirSync, rmSync, statSync, writeFileSync } from 'node:fs';
import { loadavg } from 'node:os';
import { join } from 'node:path';
import type { Sample } from './sampler.ts';

export interface Journal {
  /** One line, with the time since the begin and the machine's load. */
  say(text: string): void;
  sample(sample: Sample): void;
  /** The end of an agent's output; also to the terminal, a few lines. */
  output(name: string, text: string): void;
  /** Any other file of the directory; nothing without one. */
  keep(name: string, text: string): void;
}

/** Of each file. A soak of days writes no more. */
const MOST_BYTES = 256 * 1024 * 1024;
const LINES_SHOWN = 12;

/** Files of an earlier soak in the directory are replaced. */
export function createJournal(directory: string | undefined): Journal {
  const began = performance.now();
  const sizes = new Map<string, number>();
  if (directory !== undefined) {
    mkdirSync(directory, { recursive: true });
    for (const file of ['soak.log', 'samples.jsonl']) rmSync(join(directory, file), { force: true });
  }
  const append = (file: string, line: string): void => {
    if (directory === undefined) return;
    const path = join(directory, file);
    const size = (sizes.get(file) ?? statSync(path, { throwIfNoEntry: false })?.size ?? 0) + line.length;
    if (size > MOST_BYTES) return;
    sizes.set(file, size);
    appendFileSync(path, line);
  };
  const say = (text: string): void => {
    const seconds = ((performance.now() - began) / 1000).toFixed(0);
    const line = `${seconds.padStart(6)} s  load ${(loadavg()[0] ?? 0).toFixed(1).padStart(4)}  ${text}`;
    console.log(line);
    append('soak.log', `${line}\n`);
  };
  const keep = (name: string, text: string): void => {
    if (directory !== undefined) writeFileSync(join(directory, name), text);
  };
  return {
    say,
    sample: (sample) => append('samples.jsonl', `${JSON.stringify(sample)}\n`),
    output(name, text) {
      keep(`${name}.log`, text);
      for (const line of text.trimEnd().split('\n').slice(-LINES_SHOWN)) say(`  ${name} | ${line.slice(0, 500)}`);
    },
    keep,
  };
}
