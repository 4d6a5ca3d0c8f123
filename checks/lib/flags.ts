/** Flags of a program, as the text of a manifest, a unit or a script has them. */

/** What stands after a setting's name: one word, in quotes or not. */
export const SETTING_VALUE = `["']?([^\\s"'#]+)`;

/**
 * The value of the first `--name=value` or `--name value`, which may be two items of a list, or the first of a variable:
 * `KUBELET_EXTRA_ARGS=--name=value`. `cert-file` is no part of `peer-cert-file`.
 */
export const flagOf = (text: string, name: string): string | undefined =>
  new RegExp(`(?:^|[\\s"'=])--${name}["']?(?:=|\\s+(?:-\\s+)?)${SETTING_VALUE}`, 'm').exec(text)?.[1];
