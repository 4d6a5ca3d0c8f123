/** Where an agent that was started serves. */
import type { ChildProcessByStdio } from 'node:child_process';
import type { Readable } from 'node:stream';

/** The first address that it prints. Rejects when it ends before that. */
export const urlOf = (child: ChildProcessByStdio<null, Readable, null>): Promise<string> =>
  new Promise((done, fail) => {
    child.stdout.on('data', (chunk: Buffer) => {
      const found = /https?:\/\/\S+/.exec(chunk.toString('utf8'))?.[0];
      if (found !== undefined) done(found);
    });
    child.once('exit', (code) => fail(new Error(`the agent ended with ${code}`)));
  });
