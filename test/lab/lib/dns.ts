/** A real DNS server on a host of the lab, which knows the API's name, as the cluster's DNS does. */
import { spawnSync } from 'node:child_process';
import { mkdirSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import type { LabHost, LabProcess } from './lab/types.ts';

export const API_NAME = 'kubernetes.default.svc.cluster.local';

/** Undefined: it can run here. */
export const whyNoDns = (): string | undefined =>
  spawnSync('unbound', ['-V']).error === undefined ? undefined : 'unbound is not installed';

/**
 * Starts it, again too; resolves when it listens at the host's address.
 *
 * @param settings more lines of its section `server:` @param sections more sections
 */
export function startUnbound(
  host: LabHost,
  settings: readonly string[],
  sections: readonly string[] = [],
): Promise<LabProcess> {
  mkdirSync(host.directory, { recursive: true });
  const file = join(host.directory, 'unbound.conf');
  const lines = [
    'server:',
    ...[
      `interface: ${host.address}`,
      'access-control: 0.0.0.0/0 allow',
      'do-daemonize: no',
      'use-syslog: no',
      'username: ""',
      'chroot: ""',
      `directory: "${host.directory}"`,
      'pidfile: ""',
      ...settings,
    ].map((line) => `  ${line}`),
    ...sections,
    'remote-control:',
    '  control-enable: no',
  ];
  writeFileSync(file, `${lines.join('\n')}\n`);
  const readyWhen = async (): Promise<boolean> => (await host.exec('ss', ['-Hlun'])).includes(':53 ');
  return host.start('unbound', ['-d', '-c', file], { readyWhen });
}

/** @param apiAddress what it answers to the API's name */
export const startDns = (host: LabHost, apiAddress: string): Promise<LabProcess> =>
  startUnbound(host, ['local-zone: "cluster.local." static', `local-data: "${API_NAME}. A ${apiAddress}"`]);
