/** What the kernel's log tells of troubles for which there is no counter, or no name in one. */

export type LogEvent =
  /** The node itself ran out of memory; not a container at its own limit. */
  | { readonly kind: 'oom'; readonly process: string; readonly pid: number }
  | { readonly kind: 'hung'; readonly task: string; readonly pid: number; readonly seconds: number }
  | { readonly kind: 'file-system'; readonly type: string; readonly device: string; readonly what: string };

const MAX_NAME = 32;
const MAX_WORDS = 120;

/** `6,1234,71582917075,-;message`, and lines with a key and a value each. Undefined: not the kernel's own, or garbage. */
export function messageOf(record: string): string | undefined {
  const [, prefix = '', message] = /^(\d+),\d+,\d+,[^;]*;([^\n]*)/.exec(record) ?? [];
  // Facility 0: no process can write in its name.
  return message === undefined || Number(prefix) > 7 ? undefined : message;
}

/** Undefined: it is of no interest here. */
export function eventOf(message: string): LogEvent | undefined {
  return outOfMemory(message) ?? hungTask(message) ?? fileSystemError(message);
}

/** Source: __oom_kill_process in mm/oom_kill.c. Of a container's own limit it begins with `Memory cgroup`. */
function outOfMemory(message: string): LogEvent | undefined {
  const found = /^Out of memory(?: \(\w+\))?: Kill(?:ed)? process (\d+) \((.*)\),? (?:score|total-vm|UID)/.exec(
    message,
  );
  if (found === null) return undefined;
  const [, pid = '', name = ''] = found;
  return { kind: 'oom', pid: Number(pid), process: name.slice(0, MAX_NAME) };
}

/** Source: check_hung_task in kernel/hung_task.c. */
function hungTask(message: string): LogEvent | undefined {
  const found = /^INFO: task (.{1,64}):(\d+) blocked .{0,40}for more than (\d+) seconds/.exec(message);
  if (found === null) return undefined;
  const [, name = '', pid = '', seconds = ''] = found;
  return { kind: 'hung', pid: Number(pid), task: name.slice(0, MAX_NAME), seconds: Number(seconds) };
}

/** A disk that fails is left out: behind several paths to it that is every day's business, as for a drive without a disk. */
const FILE_SYSTEMS: readonly (readonly [type: string, pattern: RegExp])[] = [
  ['ext4', /^EXT4-fs error \(device ([^)\s]{1,64})\): (.*)/],
  ['XFS', /^XFS \(([^)\s]{1,64})\): (.*(?:corruption|metadata I\/O error|log I\/O error|has been shut down).*)/i],
  ['btrfs', /^BTRFS(?: critical|: error) \(device ([^):\s]{1,64})[^)]*\):? ?(.*)/],
];

function fileSystemError(message: string): LogEvent | undefined {
  for (const [type, pattern] of FILE_SYSTEMS) {
    const [, device = '', what = ''] = pattern.exec(message) ?? [];
    // A loop device is a file in another file system, as images are.
    if (device !== '' && !device.startsWith('loop'))
      return { kind: 'file-system', type, device, what: what.slice(0, MAX_WORDS) };
  }
  return undefined;
}
