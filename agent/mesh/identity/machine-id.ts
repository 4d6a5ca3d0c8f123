/** Which machine this is: tells a cloned data directory from its original. */
/** Made ids begin with this; they prove nothing about the machine. */
const MADE = 'random-';

export const makeMachineId = (randomBytes: (count: number) => Uint8Array): string =>
  `${MADE}${Buffer.from(randomBytes(16)).toString('hex')}`;

/** False when either side is made or not known: then nothing can be told. */
export const isAnotherMachine = (stored: string, actual: string | undefined): boolean =>
  actual !== undefined && !stored.startsWith(MADE) && stored !== actual;
