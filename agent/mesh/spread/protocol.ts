/**
 * `/meerkat/sync/1`: two neighbours bring each other up to date over one stream. This file has the order of the frames
 * and the bounds; the form of each frame is documented at its codec.
 *
 * The initiator A and the responder B take turns, so that neither ever waits for the other to read:
 *
 *     1. A   HELLO, HASHES when HELLO says so
 *     2. B   HELLO, HASHES when HELLO says so, OFFER …  (ids of what B has and A may lack)   or BUSY alone
 *     3. A   WANT (which of those), OFFER …             (the same for B)
 *     4. B   RECORDS …, WANT
 *     5. A   RECORDS …
 *
 * The last OFFER and the last RECORDS of a turn are marked. A side with nothing to say sends an empty one.
 *
 * Every node lists its records in the order in which they came to it; the position in that list is an offset, and the
 * list's epoch is random and new with each start. HELLO says up to which offset of the other's list one has read, the
 * cursor. A cursor is kept only after a whole exchange. What an OFFER names depends on it:
 *
 * - cursor good, not too much since: what came after it, but for what the other brought itself
 * - no cursor, few records in all: everything
 * - HASHES were sent: that, and what there is in the buckets whose hashes differ; of event logs only their extents
 * - anything else: nothing and the mark `reset`. The other sends HASHES next time.
 *
 * Integers are unsigned LEB128 ("varint") of at most 8 bytes and 2^53 - 1. An author is the first 8 bytes of its key.
 * An epoch of an event log is its 11 ASCII characters. Bits of flags count from the least significant and unknown ones
 * are ignored; so is what follows the last known field of a HELLO. An unknown kind of frame ends the exchange.
 */

export const SYNC_PROTOCOL = '/meerkat/sync/1';
export const SYNC_VERSION = 1;

/** First byte of every frame. */
export const FRAME = { hello: 1, hashes: 2, offer: 3, want: 4, records: 5, busy: 6 } as const;

/** An exchange that takes longer is ended; what was received by then is kept. */
export const EXCHANGE_MS = 5000;

/** Of a batch, before compression. */
export const MAX_BATCH_BYTES = 256 * 1024;
export const MAX_BATCH_RECORDS = 200;
/** A batch is never longer on the wire than before compression. */
export const MAX_FRAME_BYTES = MAX_BATCH_BYTES + 64;
export const MAX_BUFFERED_BYTES = 2 * MAX_FRAME_BYTES;

/** In one direction of one exchange; the rest follows in the next. */
export const MAX_IDS = 4096;
export const MAX_EXTENTS = 4096;
export const MAX_EXCHANGE_BYTES = 4 * 1024 * 1024;

export const MAX_IDS_PER_FRAME = 1024;
export const MAX_TYPES_PER_FRAME = 64;

/** Up to so many records a list of all ids is as short as the hashes. */
export const FULL_LIST_RECORDS = 256;

/** Of one event log in one exchange: its author's allowance at the receiver is a little more. */
export const MAX_EVENTS_PER_LOG = 200;

/** So many badly signed records may come in one exchange: a neighbour's damaged disk must not keep the rest away. */
export const MAX_REJECTED = 16;

/** What a stream of this protocol may take. */
export const FRAME_LIMITS = { maxFrameBytes: MAX_FRAME_BYTES, maxBufferedBytes: MAX_BUFFERED_BYTES } as const;
export const STREAM_LIMITS = { ...FRAME_LIMITS, maxStreamsPerPeer: 2, deadlineMs: EXCHANGE_MS } as const;
