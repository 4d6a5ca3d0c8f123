/** Prometheus' text format: https://prometheus.io/docs/instrumenting/exposition_formats/ */

/**
 * The value of a sample without labels; undefined when there is none. Looks for one line instead of parsing all: etcd
 * exposes some 1,500 lines, of which a check reads a handful.
 */
export function sampleValue(text: string, name: string): number | undefined {
  const start = text.startsWith(`${name} `) ? 0 : text.indexOf(`\n${name} `) + 1;
  if (start === 0 && !text.startsWith(`${name} `)) return undefined;
  const end = text.indexOf('\n', start);
  // A line that is cut off may have lost digits.
  if (end === -1) return undefined;
  const [value = ''] = text
    .slice(start + name.length + 1, end)
    .trim()
    .split(/\s+/);
  const number = value === '' ? Number.NaN : Number(value.replace(/^([+-]?)Inf$/, '$1Infinity'));
  return Number.isNaN(number) ? undefined : number;
}
