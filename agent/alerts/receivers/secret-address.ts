/** An address that is a secret, since whoever has it may send: it lies in a file, and nothing of it is repeated. */

/** What is wrong with the text of such a file. */
export const addressFault = (text: string): string | undefined =>
  /^https?:\/\/\S+$/.test(text) && URL.canParse(text) ? undefined : 'holds no URL that begins with https:// or http://';

/** What of an address may be one: its user, its query and each value in it, the parts of its path that are long enough. */
export function secretsIn(url: string): string[] {
  const { username, password, pathname, search, searchParams } = new URL(url);
  const values = [...searchParams.values(), ...search.slice(1).split(/[&;=]/)];
  const parts = pathname.split('/').flatMap((part) => [part, plain(part)]);
  return [
    ...[username, plain(username), password, plain(password)].filter((part) => part !== ''),
    // The longest first, or half of one would stay.
    ...[search.slice(1), ...values, ...parts].filter((part) => part.length >= 6).sort((a, b) => b.length - a.length),
  ];
}

function plain(part: string): string {
  try {
    return decodeURIComponent(part);
  } catch {
    return part;
  }
}
