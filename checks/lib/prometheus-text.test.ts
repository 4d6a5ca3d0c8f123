import { describe, expect, it } from 'vitest';
import { sampleValue } from './prometheus-text.ts';

const TEXT = `first_line 3
# HELP etcd_server_has_leader Whether or not a leader exists. 1 is existence, 0 is not.
# TYPE etcd_server_has_leader gauge
etcd_server_has_leader 1
etcd_server_has_leader_extra 7
etcd_server_quota_backend_bytes 2.147483648e+09
with_timestamp 12 1395066363000
with_labels{le="1"} 4
infinite +Inf
not_a_number NaN
empty 
cut_off 12`;

describe('sampleValue', () => {
  it.each([
    ['first_line', 3],
    ['etcd_server_has_leader', 1],
    ['etcd_server_quota_backend_bytes', 2_147_483_648],
    ['with_timestamp', 12],
    ['infinite', Infinity],
    ['with_labels', undefined],
    ['not_a_number', undefined],
    ['empty', undefined],
    ['cut_off', undefined],
    ['missing', undefined],
    ['first', undefined],
  ])('reads %s as %s', (name, value) => {
    expect(sampleValue(TEXT, name)).toBe(value);
  });

  it('finds nothing in nothing', () => {
    expect(sampleValue('', 'a')).toBeUndefined();
  });
});
