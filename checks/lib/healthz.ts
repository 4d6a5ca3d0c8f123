/**
 * Answers of the health endpoints of Kubernetes' components (k8s.io/apiserver/pkg/server/healthz): `ok`, or a line for
 * each sub-check, `[+]ping ok` or `[-]etcd failed: reason withheld`.
 */

const linesOf = (body: string): string[] =>
  body
    .split('\n')
    .map((line) => line.trim())
    .filter((line) => line !== '');

/** The lines of the failed sub-checks, else the first line. At most 200 characters. */
export function complaint(body: string): string {
  const lines = linesOf(body);
  const failed = lines.filter((line) => line.startsWith('[-]'));
  return (failed.length > 0 ? failed.join('; ') : (lines[0] ?? 'no text')).slice(0, 200);
}

/** `ok`, or all sub-checks where an older component tells of them without being asked to. */
export const isWell = (body: string): boolean => {
  const lines = linesOf(body);
  return lines[0] === 'ok' ? lines.length === 1 : (lines[0] ?? '').startsWith('[+]');
};

/** True for what such a component answers when it is not well, or fails to answer. */
export const isHealthAnswer = (body: string): boolean =>
  /^\s*\[[+-]\]|(healthz|livez|readyz) check failed|^\s*internal server error|"kind":\s*"Status"/i.test(body);
