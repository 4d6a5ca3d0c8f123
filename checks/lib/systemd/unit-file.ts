/** What the file of a unit says of it. Source: systemd.unit(5), systemd.service(5). */
import type { HostFiles } from '../../types.ts';
import { readIfThere } from '../if-there.ts';
import { templateOf } from './unit-name.ts';

export type UnitFile =
  | {
      readonly kind: 'file';
      /** Its processes end and it stays active, or it is over: nobody can tell by them how it is. */
      readonly isOneshot: boolean;
      /** The file belongs to a unit of another name. */
      readonly isAlias: boolean;
    }
  /** There is none on this node. */
  | { readonly kind: 'none' }
  /** Files of units cannot be seen from here. */
  | { readonly kind: 'unseen' };

/** Those that outrank others first. */
const DIRECTORIES = [
  '/etc/systemd/system',
  '/run/systemd/transient',
  '/run/systemd/system',
  '/run/systemd/generator',
  '/usr/local/lib/systemd/system',
  '/usr/lib/systemd/system',
  '/lib/systemd/system',
] as const;
/** Where the units of a distribution are. */
const SHIPPED = ['/usr/lib/systemd/system', '/lib/systemd/system'] as const;

/** Rejects where something is there and cannot be read. */
export async function readUnitFile(host: HostFiles, unit: string): Promise<UnitFile> {
  const template = templateOf(unit);
  for (const name of template === undefined ? [unit] : [unit, template]) {
    for (const directory of DIRECTORIES) {
      const text = await readIfThere(host, `${directory}/${name}`);
      if (text !== undefined) return { kind: 'file', ...parseUnit(text, unit) };
    }
  }
  for (const directory of SHIPPED) if (await host.exists(directory)) return { kind: 'none' };
  return { kind: 'unseen' };
}

export function parseUnit(text: string, unit: string): { readonly isOneshot: boolean; readonly isAlias: boolean } {
  const aliases = settings(text, 'Alias').flatMap((names) => names.split(/\s+/));
  return {
    isOneshot:
      settings(text, 'Type').at(-1) === 'oneshot' ||
      /^(yes|true|on|1)$/.test(settings(text, 'RemainAfterExit').at(-1) ?? ''),
    isAlias: aliases.includes(unit),
  };
}

const settings = (text: string, key: string): readonly string[] =>
  [...text.matchAll(new RegExp(`^[ \\t]*${key}[ \\t]*=[ \\t]*([^\\n]*?)[ \\t\\r]*$`, 'gm'))].map(
    ([, value = '']) => value,
  );
