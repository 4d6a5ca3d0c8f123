/** What is said at once to everybody: small envelopes, as they are. */
import { MAX_EVENT_BYTES } from '../codec/event.ts';

export const EVENTS_TOPIC = '/meerkat/events/1';

/** Of an envelope; a longer one is rejected. */
export const MAX_BROADCAST_BYTES = MAX_EVENT_BYTES;
