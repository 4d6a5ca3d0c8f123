/** An agent says that it goes, and why: `[boot, sequence, sequence, node, reason]`. */
import type { LeavingReason } from '../../model/member.ts';
import { type Header, headerItems, readHeader } from './header.ts';
import { decodePayload, encodePayload } from './payload.ts';
import { readMatch } from '../../model/read.ts';

const REASONS: readonly LeavingReason[] = ['restart', 'shutdown', 'removed'];

export interface DecodedLeaving {
  readonly header: Header;
  readonly reason: LeavingReason;
}

export const LEAVING = 'leaving';

export const encodeLeaving = (header: Omit<Header, 'contentSequence'>, reason: LeavingReason): Uint8Array =>
  encodePayload([...headerItems({ ...header, contentSequence: header.sequence }), reason]);

/** Undefined for what is none. A reason of a newer version counts as `shutdown`: it promises nothing. Never throws. */
export const decodeLeaving = (payload: Uint8Array): DecodedLeaving | undefined =>
  decodePayload(payload, (items) => {
    const name = readMatch(items[4], /^[a-z-]{1,32}$/);
    return { header: readHeader(items), reason: REASONS.find((reason) => reason === name) ?? 'shutdown' };
  });
