/** The settings as the command line's help lists them. */
import { ENV_PREFIX, leavesOf } from './leaves.ts';
import { type ConfigurableCheck, configSchema } from './schema.ts';
import { allowedText } from './text.ts';

/** Every flag with what it allows and its default. */
export function settingsHelp(checks: readonly ConfigurableCheck[]): string {
  const lines = leavesOf(configSchema(checks)).flatMap(({ flag, schema, default: fallback, description }) => [
    `  ${flag} VALUE`,
    `      ${description}`,
    `      ${allowedText(schema)}${fallback === undefined ? '' : `; default: ${JSON.stringify(fallback)}`}`,
  ]);
  return [
    'Settings come from the file (--config FILE), then from the environment, then from flags.',
    `Every flag has a variable: --http.token-file is ${ENV_PREFIX}HTTP_TOKEN_FILE. Lists are separated by commas.`,
    '',
    ...lines,
    '',
  ].join('\n');
}
