/** Which machine this is: tells a cloned data directory from its original. */
import type { HostFiles } from '../../../checks/types.ts';

/** Made ids begin with this; they prove nothing about the machine. */
const MADE = 'random-';

/** Undefined where the machine has none (machine-id(5): 32 hexadecimal digits) or it cannot be read. */
export const readMachineId = (host: Pick<HostFiles, 'readText'>): Promise<string | undefined> =>
  host.readText('/etc/machine-id', 256).then(
    (text) => (/^[0-9a-f]{32}$/.test(text.trim()) ? text.trim() : undefined),
    () => undefined,
  );

export const makeMachineId = (randomBytes: (count: number) => Uint8Array): string =>
  `${MADE}${Buffer.from(randomBytes(16)).toString('hex')}`;

/** False when either side is made or not known: then nothing can be told. */
export const isAnotherMachine = (stored: string, actual: string | undefined): boolean =>
  actual !== undefined && !stored.startsWith(MADE) && stored !== actual;
