/** `3h` on a command line is `-3h` in the API; everything else is passed on as it is. */
export const sinceToFrom = (since: string): string => (/^\d+[smhd]$/.test(since) ? `-${since}` : since);
