/**
 * Which labs there are on this machine. A lab is a directory below `STATE_DIRECTORY` named after its number; it says
 * whose it is, and everything else that the lab makes is named after the number too or lies in the directory. So
 * nothing has to be remembered to clean up after a process that was killed.
 */
import { mkdirSync, mkdtempSync, readFileSync, readdirSync, renameSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { readIfThere } from './cgroups.ts';

export interface LabPlace {
  /** 1 to 254: part of its names and its addresses. */
  readonly id: number;
  readonly name: string;
  readonly directory: string;
}

export const STATE_DIRECTORY = join(tmpdir(), 'meerkat-lab');
const HIGHEST_ID = 254;
const OWNER = 'owner.json';
const SWEEPER = 'sweeper.json';

export const placeOf = (id: number): LabPlace => ({
  id,
  name: `meerkat-lab-${id}`,
  directory: join(STATE_DIRECTORY, String(id)),
});

/** Takes a number that no lab has and `isFree` accepts, for as long as this process lives. */
export function claimPlace(isFree: (place: LabPlace) => boolean): LabPlace {
  mkdirSync(STATE_DIRECTORY, { recursive: true });
  const draft = mkdtempSync(join(STATE_DIRECTORY, 'draft-'));
  writeFileSync(join(draft, OWNER), JSON.stringify(thisProcess()));
  const first = Math.floor(Math.random() * HIGHEST_ID);
  for (let tries = 0; tries < HIGHEST_ID; tries += 1) {
    const place = placeOf(1 + ((first + tries) % HIGHEST_ID));
    if (!isFree(place)) continue;
    try {
      // Fails where there is a lab, because its directory is not empty: one of several claimants wins.
      renameSync(draft, place.directory);
      return place;
    } catch {
      // Taken: the next one.
    }
  }
  rmSync(draft, { recursive: true, force: true });
  throw new Error(`no network is free for a lab; see ${STATE_DIRECTORY} and \`ip route\``);
}

/** Labs whose process is gone. */
export function abandonedPlaces(): LabPlace[] {
  let names: string[] = [];
  try {
    names = readdirSync(STATE_DIRECTORY);
  } catch {
    return [];
  }
  const places = names.filter((name) => /^\d+$/.test(name)).map((name) => placeOf(Number(name)));
  return places.filter(({ directory }) => !isAlive(readOwner(join(directory, OWNER))));
}

/** True when this process, and no other one, is to remove that lab. */
export function startSweeping({ directory }: LabPlace): boolean {
  const file = join(directory, SWEEPER);
  for (let tries = 0; tries < 2; tries += 1) {
    try {
      writeFileSync(file, JSON.stringify(thisProcess()), { flag: 'wx' });
      return true;
    } catch {
      if (isAlive(readOwner(file))) return false;
      rmSync(file, { force: true });
    }
  }
  return false;
}

/** Another one may try. */
export const stopSweeping = ({ directory }: LabPlace): void => rmSync(join(directory, SWEEPER), { force: true });

interface Owner {
  readonly pid: number;
  /** In clock ticks after the boot: tells the process from a later one with its id. */
  readonly startTime: string;
}

const thisProcess = (): Owner => ({ pid: process.pid, startTime: startTimeOf(process.pid) });

const isAlive = (owner: Owner | undefined): boolean =>
  owner !== undefined && owner.startTime !== '' && startTimeOf(owner.pid) === owner.startTime;

/** Field 22 of proc_pid_stat(5); the second one may have blanks. Empty when there is no such process or it is a zombie. */
function startTimeOf(pid: number): string {
  const [state, ...fields] = readIfThere(`/proc/${pid}/stat`)
    .replace(/^.*\) /s, '')
    .split(' ');
  return state === 'Z' ? '' : (fields[18] ?? '');
}

function readOwner(file: string): Owner | undefined {
  try {
    return JSON.parse(readFileSync(file, 'utf8')) as Owner;
  } catch {
    return undefined;
  }
}
