/** True for the key of an event's envelope: `author/event/epoch/place`. */
export const isEventKey = (key: string): boolean => key.split('/', 2)[1] === 'event';
