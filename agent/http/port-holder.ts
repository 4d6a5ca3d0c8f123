/** Who listens on a port, so that "address in use" names whom to stop. */
import { readFile, readdir, readlink } from 'node:fs/promises';
import { basename, join } from 'node:path';

/** State of a listening socket in /proc/net/tcp (include/net/tcp_states.h). */
const LISTEN = '0A';

/** `containerd (pid 812)`, or undefined when it cannot be seen from here: another user's, or another namespace's. */
export async function findPortHolder(port: number, proc = '/proc'): Promise<string | undefined> {
  try {
    const tables = await Promise.all(
      ['tcp', 'tcp6'].map((name) => readFile(join(proc, 'net', name), 'utf8').catch(() => '')),
    );
    const inodes = listeningInodes(tables.join('\n'), port);
    return inodes.size === 0 ? undefined : await findProcess(inodes, proc);
  } catch {
    // Only a help for the message.
    return undefined;
  }
}

/** Columns: slot, local address:port in hexadecimal, remote, state, …; the tenth is the socket's inode (proc(5)). */
export function listeningInodes(table: string, port: number): Set<string> {
  const wanted = port.toString(16).toUpperCase().padStart(4, '0');
  const inodes = new Set<string>();
  for (const line of table.split('\n')) {
    const fields = line.trim().split(/\s+/);
    const inode = fields[9];
    if (fields[3] === LISTEN && fields[1]?.endsWith(`:${wanted}`) === true && inode !== undefined) inodes.add(inode);
  }
  return inodes;
}

async function findProcess(inodes: ReadonlySet<string>, proc: string): Promise<string | undefined> {
  const pids = (await readdir(proc)).filter((name) => /^\d+$/.test(name));
  for (const pid of pids) {
    const fds = await readdir(join(proc, pid, 'fd')).catch(() => []);
    for (const fd of fds) {
      const target = await readlink(join(proc, pid, 'fd', fd)).catch(() => '');
      const inode = /^socket:\[(\d+)\]$/.exec(target)?.[1];
      if (inode === undefined || !inodes.has(inode)) continue;
      return `${await nameOf(join(proc, pid))} (pid ${pid})`;
    }
  }
  return undefined;
}

/** The program's name alone: arguments may hold secrets, and the kernel's own name is that of a thread. */
async function nameOf(directory: string): Promise<string> {
  const command = await readFile(join(directory, 'cmdline'), 'utf8').catch(() => '');
  const [program = ''] = command.split('\0', 1);
  return program === '' ? 'a process' : basename(program);
}
