/**
 * An agent as far as the runtime probe goes: asks for a ping, says what it got from which process, and then stops
 * its probe (`close`), ends without that, or lives on (`stay`). Arguments: the runtime's socket, and which.
 */
import { readFileSync } from 'node:fs';
import { dirname } from 'node:path';
import { systemClock } from '../../../agent/base/clock.ts';
import { createLog } from '../../../agent/base/log.ts';
import { createRuntimePort } from '../../../agent/sidecars/runtime-probe/client.ts';
import { createHostFiles } from '../../../checks/lib/host-files.ts';

const [socketPath = '', mode = ''] = process.argv.slice(2);
const port = createRuntimePort(
  {
    socketPath: '',
    runtimeSocket: socketPath,
    command: [process.execPath, `${import.meta.dirname}/../../../agent/main.ts`],
    instance: 'parent',
  },
  { clock: systemClock, host: createHostFiles(systemClock), log: createLog('silent', 'parent') },
);
// The probe does not keep its agent alive, so something else must until it has answered.
const hold = setInterval(() => {}, 60_000);
const answer = await port.probe('ping', AbortSignal.timeout(30_000));
const pid = Number(readFileSync(`/proc/self/task/${process.pid}/children`, 'utf8').split(' ')[0]);
const socket = /--socket\0([^\0]+)/.exec(readFileSync(`/proc/${pid}/cmdline`, 'utf8'))?.[1] ?? '';
process.stdout.write(`${JSON.stringify({ answer: answer.kind, pid, directory: dirname(socket) })}\n`);
if (mode !== 'stay') clearInterval(hold);
if (mode === 'close') port.close();
