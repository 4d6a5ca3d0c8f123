/** Chance for jitter: the machine's own, so that agents that start together do not draw the same. */
import { randomBytes } from 'node:crypto';

/** From 0 to 1, 1 excluded. */
export const systemRandom = (): number => randomBytes(4).readUInt32LE() / 2 ** 32;
