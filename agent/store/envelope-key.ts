/** True for the key of an event's envelope: `author/event/epoch/place`. */
export const isEventKey = (key: string): boolean => key.split('/', 2)[1] === 'event';

/** True for what an author said of itself and that ends with it: not for its events, nor for what it said of others. */
export const isOfItself = (key: string): boolean => !['event', 'tombstone'].includes(key.split('/', 2)[1] ?? '');
