/** The lines of a body that does not end. */

/**
 * Whole lines as UTF-8, without empty ones. What stands behind the last line break is dropped: the other side was cut off
 * in the middle of it. Throws for a line of more bytes than that.
 */
export async function* readLines(body: AsyncIterable<unknown>, maxBytes: number): AsyncGenerator<string> {
  let parts: Buffer[] = [];
  let size = 0;
  for await (const chunk of body) {
    let rest: Buffer = Buffer.isBuffer(chunk) ? chunk : Buffer.from(String(chunk));
    for (let end = rest.indexOf(10); end >= 0; end = rest.indexOf(10)) {
      const line = Buffer.concat([...parts, rest.subarray(0, end)]).toString('utf8');
      [parts, size, rest] = [[], 0, rest.subarray(end + 1)];
      if (line.trim() !== '') yield line;
    }
    parts.push(rest);
    size += rest.length;
    if (size > maxBytes) throw new Error(`a line of more than ${maxBytes} bytes`);
  }
}
