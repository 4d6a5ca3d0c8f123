/** Files as they are; that a program runs is tested where programs run. */
import { execFileSync } from 'node:child_process';
import { chmodSync, mkdtempSync, rmSync, symlinkSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { createGate } from '../../checks/lib/gate.ts';
import { whyNotToStart } from './program-file.ts';

const never = new AbortController().signal;
let directory = '';
const at = (name: string): string => join(directory, name);

beforeAll(() => {
  directory = mkdtempSync(join(tmpdir(), 'meerkat-program-file-'));
  writeFileSync(at('script'), '#!/bin/sh -e\nexit 0\n');
  writeFileSync(at('blank'), '#! \t/bin/sh\n');
  writeFileSync(at('text'), 'rm -rf /\n');
  writeFileSync(at('empty'), '');
  writeFileSync(at('orphan'), '#!/no/such/interpreter --flag\n');
  writeFileSync(at('nested'), `#!${at('script')}\n`);
  writeFileSync(at('circle'), `#!${at('circle')}\n`);
  writeFileSync(at('windows'), '#!/bin/sh\r\nexit 0\r\n');
  // A program for S/390.
  writeFileSync(at('elsewhere'), Buffer.from([127, 69, 76, 70, 2, 1, 1, 0, 0, 0, 0, 0, 0, 0, 0, 0, 2, 0, 22, 0]));
  writeFileSync(at('cut'), Buffer.from([127, 69, 76, 70, 2, 1, 1]));
  symlinkSync(process.execPath, at('link'));
  symlinkSync(at('loop'), at('loop'));
  execFileSync('mkfifo', [at('fifo')]);
});
afterAll(() => rmSync(directory, { recursive: true, force: true }));

const look = (path: string): Promise<string | undefined> => whyNotToStart(path, createGate(1, 1), never);

describe('a file that is to be started', () => {
  it.each(['script', 'blank', 'nested', 'link'])('may be: %s', async (name) => {
    expect(await look(at(name))).toBeUndefined();
  });

  it.each([
    ['text', 'DIR/text is neither a program for Linux nor a script that begins with #!'],
    ['empty', 'DIR/empty is neither a program for Linux nor a script that begins with #!'],
    ['fifo', 'DIR/fifo is neither a program for Linux nor a script that begins with #!'],
    ['missing', 'there is no DIR/missing'],
    ['text/below', 'there is no DIR/text/below'],
    ['.', 'there is a directory in place of DIR'],
    ['orphan', 'there is no /no/such/interpreter, which is to run DIR/orphan'],
    ['windows', 'DIR/windows has the line ends of Windows'],
    ['elsewhere', 'DIR/elsewhere is for another kind of processor'],
    ['cut', 'DIR/cut is for another kind of processor'],
    ['circle', 'DIR/circle is run by a script that is run by a script, and so on'],
  ])('may not be: %s', async (name, why) => {
    expect(await look(at(name))).toBe(why.replaceAll('DIR', directory));
  });

  it('may not be where links lead nowhere', async () => {
    expect(await look(at('loop'))).toMatch(/^nothing can be read \(ELOOP/);
  });

  it.skipIf(process.getuid?.() === 0)('may be where it can be run and not be read', async () => {
    writeFileSync(at('unreadable'), '');
    chmodSync(at('unreadable'), 0o111);
    expect(await look(at('unreadable'))).toBeUndefined();
  });

  it('is not waited for longer than there is time: its disk hangs', async () => {
    const late = new AbortController();
    const gate = createGate(1, 1);
    // Somebody's access to that disk does not come back.
    void gate('/dead', () => new Promise(() => {}));
    const looking = whyNotToStart(at('script'), gate, late.signal);
    late.abort();
    expect(await looking).toBe(`nothing is heard of the disk with ${at('script')}`);
    expect(await whyNotToStart(at('script'), gate, never)).toMatch(/^nothing can be read \(EBUSY/);
  });
});
