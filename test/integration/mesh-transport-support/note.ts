/** Prints what was measured. */
export const note = (...parts: readonly (string | number)[]): void => {
  process.stdout.write(`${parts.join(' ')}\n`);
};
