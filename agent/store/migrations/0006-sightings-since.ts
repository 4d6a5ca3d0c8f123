/** Since when what a sighting counts happened, Unix ms; NULL: all at once, or nobody knows. */
export const SIGHTINGS_SINCE = `
ALTER TABLE sightings ADD COLUMN since_at INTEGER;
`;
