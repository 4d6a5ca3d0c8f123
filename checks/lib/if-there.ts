/** Reads what need not be there. Whatever else is wrong rejects: what cannot be read is not missing. */
import type { HostFiles } from '../types.ts';
import { errorCode, isMissing } from './system-error.ts';

const MAX_BYTES = 65_536;

/** Undefined: there is none, or it went while it was opened (ENODEV: a control group, a device). */
export async function readIfThere(host: HostFiles, path: string): Promise<string | undefined> {
  try {
    return await host.readText(path, MAX_BYTES);
  } catch (error) {
    if (isMissing(error) || errorCode(error) === 'ENODEV') return undefined;
    throw error;
  }
}

/** Empty: there is no such directory. */
export async function listIfThere(host: HostFiles, path: string): Promise<readonly string[]> {
  try {
    return await host.list(path);
  } catch (error) {
    if (isMissing(error)) return [];
    throw error;
  }
}
