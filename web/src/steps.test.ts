import { expect, it } from 'vitest';
import { splitSteps } from './steps.ts';

it('finds commands between backticks', () => {
  expect(splitSteps('See `journalctl -u kubelet`, then restart it.')).toEqual([
    { kind: 'text', text: 'See ' },
    { kind: 'command', text: 'journalctl -u kubelet' },
    { kind: 'text', text: ', then restart it.' },
  ]);
});

it('takes a bare command as a command', () => {
  expect(splitSteps('crictl ps --name etcd')).toEqual([{ kind: 'command', text: 'crictl ps --name etcd' }]);
  expect(splitSteps('$ df -h')).toEqual([{ kind: 'command', text: 'df -h' }]);
});

it('takes what stands behind a colon as a command', () => {
  expect(splitSteps('Look at the device: dmesg | tail')).toEqual([
    { kind: 'text', text: 'Look at the device: ' },
    { kind: 'command', text: 'dmesg | tail' },
  ]);
});

it('leaves sentences alone', () => {
  expect(splitSteps('Top up the disk.')).toEqual([{ kind: 'text', text: 'Top up the disk.' }]);
  expect(splitSteps('ps shows the process.')).toEqual([{ kind: 'text', text: 'ps shows the process.' }]);
  expect(splitSteps(' ')).toEqual([]);
});
