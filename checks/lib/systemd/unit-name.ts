/** Names of systemd's units. Sources: systemd.unit(5), systemd-escape(1), `unit_name_escape` in src/basic/unit-name.c. */

/** A service, an instance of a template among them; a template itself runs nowhere. */
export const SERVICE_NAME = '^[A-Za-z0-9:_.\\\\-]+(@[A-Za-z0-9:_.\\\\-]+)?\\.service$';

/**
 * Where systemd puts a service that names no slice of its own, below the root of the control groups. Instances of a
 * template share a slice: `system.slice/system-getty.slice/getty@tty1.service`.
 */
export function usualCgroup(unit: string): string {
  const prefix = /^([^@]+)@/.exec(unit)?.[1];
  return prefix === undefined ? `system.slice/${unit}` : `system.slice/system-${escape(prefix)}.slice/${unit}`;
}

/** The name of the template that the unit is an instance of: `getty@.service`. */
export const templateOf = (unit: string): string | undefined => {
  const prefix = /^([^@]+@)/.exec(unit)?.[1];
  return prefix === undefined ? undefined : `${prefix}.service`;
};

/** In the name of a slice `-` is what `/` is in a path. */
const escape = (text: string): string =>
  text.replaceAll(/^\.|[^A-Za-z0-9:_.]/g, (char) => `\\x${char.charCodeAt(0).toString(16).padStart(2, '0')}`);
