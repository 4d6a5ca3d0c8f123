/** An agent as far as the runtime probe goes: asks for a ping, says what it got, and then lives on. Argument: a socket. */
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
  { clock: systemClock, host: createHostFiles(), log: createLog('silent', 'parent') },
);
const answer = await port.probe('ping', AbortSignal.timeout(30_000));
process.stdout.write(`${JSON.stringify(answer)}\n`);
// Without more to do the process ends by itself unless the probe holds it.
if (mode === 'stay') setInterval(() => {}, 60_000);
if (mode === 'close') port.close();
