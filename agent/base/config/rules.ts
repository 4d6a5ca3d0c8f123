/** What no single value can tell: settings that exclude or need each other. */
import { isIP } from 'node:net';
import { parseEndpoint } from '../endpoint.ts';
import type { Mistake } from './mistakes.ts';
import { receiverMistakes } from './receivers.ts';
import type { Config, ConfigurableCheck } from './schema.ts';

export interface Rule {
  /** Keys of the settings it is about; the rule is skipped when one of them is already wrong. */
  readonly keys: readonly string[];
  /** What is wrong, or undefined. */
  readonly fault: (config: Config) => string | undefined;
}

const HTTP_RULES: readonly Rule[] = [
  {
    keys: ['http.address'],
    fault: ({ http }) =>
      http.address === '' || isIP(http.address) !== 0
        ? undefined
        : `given "${http.address}", allowed: an IPv4 or IPv6 address, or nothing for every address.`,
  },
  {
    keys: ['http.address', 'http.access'],
    // Who connects to another address of this machine does not come from a loopback address either.
    fault: ({ http }) =>
      http.access === 'loopback' && isIP(http.address) !== 0 && !isLoopback(http.address)
        ? `is ${http.address}, but http.access is "loopback": nobody could ask. Give 127.0.0.1, ::1 or nothing.`
        : undefined,
  },
  {
    keys: ['http.tokenFile', 'http.access'],
    fault: ({ http }) =>
      http.access === 'token' && http.tokenFile === ''
        ? 'is missing, but http.access is "token"; give the file that holds the token.'
        : undefined,
  },
  {
    keys: ['http.tlsKeyFile', 'http.tlsCertFile'],
    fault: ({ http }) =>
      http.tlsCertFile !== '' && http.tlsKeyFile === ''
        ? 'is missing, but http.tlsCertFile is given; give both or neither.'
        : undefined,
  },
  {
    keys: ['http.tlsCertFile', 'http.tlsKeyFile'],
    fault: ({ http }) =>
      http.tlsKeyFile !== '' && http.tlsCertFile === ''
        ? 'is missing, but http.tlsKeyFile is given; give both or neither.'
        : undefined,
  },
];

const MESH_RULES: readonly Rule[] = [
  {
    keys: ['mesh.addresses'],
    fault: ({ mesh }) => complain(mesh.addresses, (text) => isIP(text) !== 0, 'IP addresses of this node'),
  },
  {
    keys: ['mesh.seeds'],
    fault: ({ mesh }) =>
      complain(
        mesh.seeds,
        (text) => parseEndpoint(text) !== undefined,
        '10.0.0.7, 10.0.0.7:7576, fd00::7, [fd00::7]:7576 or a DNS name',
      ),
  },
  {
    keys: ['mesh.announce'],
    fault: ({ mesh }) => complain(mesh.announce, isIpEndpoint, '10.0.0.7, 10.0.0.7:7576, fd00::7 or [fd00::7]:7576'),
  },
];

const STORE_RULE: Rule = {
  keys: ['dataDirectory'],
  fault: ({ dataDirectory }) =>
    /^\/(proc|sys)(\/|$)/.test(dataDirectory)
      ? `given "${dataDirectory}", allowed: a directory on a disk; /proc and /sys are the kernel's own.`
      : undefined,
};

function complain(texts: readonly string[], isRight: (text: string) => boolean, allowed: string): string | undefined {
  const wrong = texts.find((text) => !isRight(text));
  return wrong === undefined ? undefined : `given "${wrong}", allowed: ${allowed}.`;
}

const isIpEndpoint = (text: string): boolean => parseEndpoint(text)?.kind === 'ip';

/** Unspecified addresses listen on the loopback ones too. */
const isLoopback = (address: string): boolean => /^(127\.|0\.0\.0\.0$|::1?$)/.test(address);

/** The rules for these checks. */
export const rulesFor = (checks: readonly { readonly id: string }[]): readonly Rule[] => [
  ...HTTP_RULES,
  ...MESH_RULES,
  STORE_RULE,
  ...checks.map(({ id }): Rule => {
    const [timeout, interval] = [`checks.${id}.timeoutSeconds`, `checks.${id}.intervalSeconds`];
    return {
      keys: [timeout, interval],
      fault(config) {
        const { timeoutSeconds = 0, intervalSeconds = 1 } = config.checks[id] ?? {};
        if (timeoutSeconds < intervalSeconds) return undefined;
        return `is ${timeoutSeconds}, but must be less than ${interval}, which is ${intervalSeconds}; a run has to end before the next begins.`;
      },
    };
  }),
];

/** What checks themselves say of their settings. `isWrong` names keys that were given something wrong already. */
export const checkMistakes = (
  checks: readonly ConfigurableCheck[],
  config: Config,
  isWrong: (key: string) => boolean,
): Omit<Mistake, 'origin'>[] =>
  checks.flatMap(({ id, config: { properties }, mistakes }) => {
    const keys = [...Object.keys(properties), 'intervalSeconds', 'timeoutSeconds'].map(
      (name) => `checks.${id}.${name}`,
    );
    if (mistakes === undefined || keys.some(isWrong)) return [];
    // The settings were validated against the check's own schema.
    return mistakes(config.checks[id] as never).map(({ at, message }) => ({ where: `checks.${id}.${at}`, message }));
  });

/** What is wrong with receivers of notifications that their schema allows. */
export const notificationMistakes = (config: Config, isWrong: (key: string) => boolean): Omit<Mistake, 'origin'>[] =>
  isWrong('notifications.receivers') || isWrong('notifications.templates')
    ? []
    : receiverMistakes(config.notifications.receivers, Object.keys(config.notifications.templates)).map(
        ({ at, message }) => ({
          where: `notifications.receivers${at}`,
          message,
        }),
      );
