/** Process 1 of the containers, in a process namespace of its own as there. */
import { spawn, spawnSync } from 'node:child_process';
import { join, resolve } from 'node:path';
import { describe, expect, it } from 'vitest';

const INIT = resolve(import.meta.dirname, '../../deploy/image/init.sh');
const NAMESPACE = ['--pid', '--fork', '--mount-proc', '--kill-child'];
const mayUnshare = spawnSync('unshare', [...NAMESPACE, 'true']).status === 0;
if (!mayUnshare) process.stderr.write('image-init: in part skipped, this user may make no process namespace\n');

/** Leaves a child behind that ends, and counts who has ended and is still there. Not a shell, which would clear up itself. */
const COUNT = `
  const { execFileSync } = require('node:child_process');
  const { readdirSync, readFileSync } = require('node:fs');
  execFileSync('sh', ['-c', 'sleep 0.1 >/dev/null 2>&1 &']);
  setTimeout(() => {
    const states = readdirSync('/proc').filter((name) => /^\\d+$/.test(name)).map((pid) => {
      try { return readFileSync('/proc/' + pid + '/stat', 'latin1').replace(/^.*\\) /, '')[0]; } catch { return ''; }
    });
    console.log(states.filter((state) => state === 'Z').length);
  }, 1000);
`;

describe('the init', () => {
  it.each([
    ['exit 0', 0],
    ['exit 7', 7],
    // As the store process ends an agent that is blocked.
    ['kill -ALRM $$', 142],
  ])('ends as the program does: %s', (script, code) => {
    expect(spawnSync(INIT, ['sh', '-c', script]).status).toBe(code);
  });

  it.each(['SIGTERM', 'SIGINT'] as const)('passes %s on, and waits for the program to end', async (signal) => {
    const program = `
      process.on('${signal}', () => setTimeout(() => { console.log('ended'); process.exit(5); }, 200));
      setInterval(() => {}, 1000);
      console.log('ready');
    `;
    const init = spawn(INIT, [process.execPath, '-e', program], { stdio: ['ignore', 'pipe', 'inherit'] });
    let said = '';
    init.stdout.on('data', (chunk: Buffer) => {
      said += chunk.toString();
      if (said === 'ready\n') init.kill(signal);
    });
    const code = await new Promise((done) => {
      init.on('close', done);
    });
    expect([said, code]).toEqual(['ready\nended\n', 5]);
  });

  it('says what it cannot start', () => {
    const { status, stderr } = spawnSync(INIT, [join('/none', 'meerkat')], { encoding: 'utf8' });
    expect([status, stderr]).toEqual([127, expect.stringContaining('/none/meerkat')]);
  });

  it.skipIf(!mayUnshare)('clears away what others leave behind', () => {
    const count = (...command: readonly string[]): string =>
      spawnSync('unshare', [...NAMESPACE, ...command], { encoding: 'utf8' }).stdout.trim();
    const program = [process.execPath, '-e', COUNT];
    expect(count(INIT, ...program)).toBe('0');
    expect(count(...program)).toBe('1');
  });
});
