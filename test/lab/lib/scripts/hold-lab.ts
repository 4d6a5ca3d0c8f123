/** Makes a lab, with a process on a frozen disk in it, says its name and waits to be killed. */
import { createLab } from '../lab/lab.ts';

const lab = await createLab({ hosts: ['m1', 'm2'] });
const m1 = lab.host('m1');
await m1.freezeDisk();
await m1.start('sh', ['-c', 'echo blocked >file']);
const stubborn = await lab.host('m2').start('sh', ['-c', 'trap "" TERM HUP; sleep 1000']);
stubborn.freeze();
process.stdout.write(`${lab.name}\n`);
setInterval(() => {}, 60_000);
