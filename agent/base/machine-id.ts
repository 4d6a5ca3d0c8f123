/** Which machine this is. */

/** Undefined where the machine has none (machine-id(5): 32 hexadecimal digits) or it cannot be read. */
export const readMachineId = (host: {
  readonly readText: (path: string, maxBytes: number) => Promise<string>;
}): Promise<string | undefined> =>
  host.readText('/etc/machine-id', 256).then(
    (text) => (/^[0-9a-f]{32}$/.test(text.trim()) ? text.trim() : undefined),
    () => undefined,
  );
