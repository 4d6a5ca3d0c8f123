/** What hosts(5) and resolv.conf(5) say of names. Pure. */
import { isIP } from 'node:net';

/** More search domains than any sensible host has; each one more is two more queries. */
const MAX_DOMAINS = 4;

/** Addresses that a hosts file gives a name; IP literals in its order, without zones. */
export function hostsEntries(hostsFile: string, name: string): readonly string[] {
  const lines = hostsFile.split('\n').map((line) => line.replace(/#.*/, '').trim().split(/\s+/));
  const found = lines
    .filter(([address = '', ...names]) => isAddress(address) && names.some((one) => one.toLowerCase() === name))
    .map(([address = '']) => address);
  return [...new Set(found)];
}

/**
 * The names to ask for, one after the other while there is none: a name with a dot as it is first, one without in the
 * search domains first. c-ares' query functions leave the domains to us.
 */
export function searchNames(resolvConf: string, name: string): readonly string[] {
  const lines = resolvConf.split('\n').map((line) => line.trim().split(/\s+/));
  // The last of several such lines holds.
  const [, ...domains] = lines.findLast(([word]) => word === 'search' || word === 'domain') ?? [];
  const searched = domains
    .map((domain) => domain.toLowerCase().replace(/^\.|\.$/g, ''))
    .filter((domain) => domain !== '')
    .slice(0, MAX_DOMAINS)
    .map((domain) => `${name}.${domain}`);
  return [...new Set(name.includes('.') ? [name, ...searched] : [...searched, name])];
}

const isAddress = (text: string): boolean => isIP(text) !== 0 && !text.includes('%');
