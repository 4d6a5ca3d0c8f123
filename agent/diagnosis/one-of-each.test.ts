import { expect, it } from 'vitest';
import { diagnose } from './diagnose.ts';
import { CATALOGUE, NOW, SINCE, aResult, createScene } from './testing.ts';

it('a file system without bytes and inodes is one finding with the evidence of both', () => {
  const problems = ['DiskAlmostFull', 'InodesFull'].map((reason, index) => ({
    reason,
    subject: '/',
    message: `${reason} of /`,
    severity: 'warning' as const,
    since: SINCE + index,
  }));
  const result = aResult('disk-space', { status: 'problem', problems });
  const { findings } = diagnose(createScene(['m1', 'w1']).report('w1', result).from('m1'), NOW, CATALOGUE);

  expect(findings).toEqual([
    expect.objectContaining({
      id: 'DiskFull/w1//',
      since: SINCE,
      sentence: '/ on w1 runs out of room: DiskAlmostFull of /',
      evidence: ['disk-space on w1: DiskAlmostFull of /', 'disk-space on w1: InodesFull of /'],
    }),
  ]);
});
