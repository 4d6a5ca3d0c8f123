import { expect, it } from 'vitest';
import { type LogEvent, eventOf, messageOf } from './log-events.ts';

it.each<[string, string | undefined]>([
  ['6,33018,71582917075,-;lab: port 5(n5) entered forwarding state\n', 'lab: port 5(n5) entered forwarding state'],
  ['3,1,0,-,caller=T1;a; b\n SUBSYSTEM=block\n DEVICE=b8:0\n', 'a; b'],
  // Written by a process: facility 1 and more.
  ['12,33018,71582917075,-;Out of memory: Killed process 1 (x) total-vm:1kB\n', undefined],
  ['8,1,1,-;x', undefined],
  ['6,1,1', undefined],
  ['', undefined],
  ['<6>[ 1.0] x', undefined],
])('the message of %j is %j', (record, message) => {
  expect(messageOf(record)).toBe(message);
});

const oom = (process: string, pid: number): LogEvent => ({ kind: 'oom', process, pid });
const disk = (type: string, device: string, what: string): LogEvent => ({ kind: 'file-system', type, device, what });

it.each<[string, LogEvent | undefined]>([
  [
    'Out of memory: Killed process 4242 (stress) total-vm:8396900kB, anon-rss:7340032kB, file-rss:4kB, shmem-rss:0kB, UID:0 pgtables:14452kB oom_score_adj:1000',
    oom('stress', 4242),
  ],
  ['Out of memory: Kill process 17 (a) (b) score 900 or sacrifice child', oom('a) (b', 17)],
  ['Out of memory (oom_kill_allocating_task): Killed process 5 (java) total-vm:1kB', oom('java', 5)],
  ['Out of memory and no killable processes...', undefined],
  ['Memory cgroup out of memory: Killed process 9 (java) total-vm:1kB, anon-rss:1kB', undefined],
  ['Killed process 17 (a) total-vm:1kB', undefined],
  [
    'INFO: task jbd2/sda1-8:345 blocked for more than 120 seconds.',
    { kind: 'hung', task: 'jbd2/sda1-8', pid: 345, seconds: 120 },
  ],
  [
    'INFO: task kworker/0:1:77 blocked in I/O wait for more than 241 seconds.',
    { kind: 'hung', task: 'kworker/0:1', pid: 77, seconds: 241 },
  ],
  ['INFO: rcu_sched self-detected stall on CPU', undefined],
  [
    'EXT4-fs error (device sda1): ext4_find_entry:1455: inode #2: comm ls: reading directory lblock 0',
    disk('ext4', 'sda1', 'ext4_find_entry:1455: inode #2: comm ls: reading directory lblock 0'),
  ],
  ['EXT4-fs error (device loop3): ext4_lookup:1', undefined],
  ['EXT4-fs (sda1): mounted filesystem with ordered data mode', undefined],
  [
    'XFS (dm-0): Corruption of in-memory data (0x8) detected at xfs_trans_cancel+0x15c/0x170 [xfs].  Shutting down filesystem.',
    disk(
      'XFS',
      'dm-0',
      'Corruption of in-memory data (0x8) detected at xfs_trans_cancel+0x15c/0x170 [xfs].  Shutting down filesystem.',
    ),
  ],
  [
    'XFS (sdb1): metadata I/O error in "xfs_da_read_buf+0xdb" at daddr 0x1 len 8 error 5',
    disk('XFS', 'sdb1', 'metadata I/O error in "xfs_da_read_buf+0xdb" at daddr 0x1 len 8 error 5'),
  ],
  ['XFS (sdb1): Ending clean mount', undefined],
  ['XFS (sdb1): User initiated shutdown received.', undefined],
  [
    'BTRFS: error (device dm-2: state A) in btrfs_commit_transaction:2339: errno=-5 IO failure',
    disk('btrfs', 'dm-2', 'in btrfs_commit_transaction:2339: errno=-5 IO failure'),
  ],
  ['BTRFS critical (device sda1): corrupt leaf', disk('btrfs', 'sda1', 'corrupt leaf')],
  ['BTRFS error (device sda1): open_ctree failed', undefined],
  // Behind several paths, or of a drive without a disk, it is nobody's loss.
  ['blk_update_request: I/O error, dev sdc, sector 0 op 0x0:(READ)', undefined],
  ['Buffer I/O error on dev fd0, logical block 0, async page read', undefined],
  ['lab: port 5(n5) entered forwarding state', undefined],
])('%j', (message, event) => {
  expect(eventOf(message)).toEqual(event);
});

it('keeps little of what is long', () => {
  const long = 'x'.repeat(10_000);
  expect(eventOf(`Out of memory: Killed process 1 (${long}) total-vm:1kB`)).toEqual(oom('x'.repeat(32), 1));
  expect(eventOf(`INFO: task ${long}:1 blocked for more than 120 seconds.`)).toBeUndefined();
  expect(eventOf(`EXT4-fs error (device sda1): ${long}`)).toEqual(disk('ext4', 'sda1', 'x'.repeat(120)));
});
