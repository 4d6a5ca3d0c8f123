/** What is wrong with a configuration: collected, so that the operator sees everything at once. */
import { AgentError } from '../errors.ts';

const MAX_LINE = 1000;

export interface Mistake {
  /** The setting, variable or flag. */
  readonly where: string;
  /** File and line, "environment" or "command line"; empty where the name says it. */
  readonly origin: string;
  /** What was given, what is allowed, and what was probably meant. */
  readonly message: string;
}

/** A value that one of the sources gives to a setting, not yet validated. */
export interface Given {
  readonly value: unknown;
  /** The setting's name in this source, for messages. */
  readonly where: string;
  readonly origin: string;
}

/** What one source says: values by the key of their setting, and what was wrong with the rest. */
export interface SourceResult {
  readonly given: ReadonlyMap<string, Given>;
  readonly mistakes: readonly Mistake[];
}

export function configError(mistakes: readonly Mistake[]): AgentError {
  const lines = mistakes.map(({ where, origin, message }) =>
    onOneLine(`  ${where}${origin === '' ? '' : ` (${origin})`}: ${message}`),
  );
  const heading =
    mistakes.length === 1 ? 'The configuration has a mistake:' : `The configuration has ${mistakes.length} mistakes:`;
  return new AgentError('config', [heading, ...lines].join('\n'));
}

/** Parsers quote what they read; none of it may move the cursor of a terminal or break the line. */
const onOneLine = (text: string): string => text.replaceAll(/[\p{Cc}\p{Cf}\p{Zl}\p{Zp}]/gu, '?').slice(0, MAX_LINE);
