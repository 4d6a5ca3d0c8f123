/** Everything that was ever signed in a simulated cluster, once: thin books hold numbers of it. */
import { decodeEnvelope } from '../../agent/mesh/envelope/envelope.ts';
import { EVENT } from '../../agent/mesh/codec/event.ts';
import { peekHeader } from '../../agent/mesh/codec/header.ts';
import { type AuthorKey, prefixOf } from '../../agent/mesh/identity/peer-id.ts';
import { idText } from '../../agent/mesh/records/record-id.ts';

export interface Content {
  /** Its place in the table. */
  readonly number: number;
  /** Place of the author in the table of authors. */
  readonly author: number;
  readonly key: AuthorKey;
  readonly type: string;
  readonly boot: number;
  readonly sequence: number;
  readonly contentSequence: number;
  readonly epoch: string | undefined;
  readonly bytes: Uint8Array;
}

export interface Contents {
  /** What these bytes are; undefined for what is no envelope. The same object for the same id. */
  read(bytes: Uint8Array): Content | undefined;
  at(number: number): Content;
  /** Undefined for a stranger. */
  authorOf(prefix: string): number | undefined;
  keyOf(author: number): AuthorKey;
  authors(): number;
}

export function createContents(): Contents {
  const all: Content[] = [];
  const byId = new Map<string, Content>();
  const keys: AuthorKey[] = [];
  const authors = new Map<string, number>();
  const numberOf = (key: AuthorKey): number => {
    const prefix = prefixOf(key);
    const known = authors.get(prefix);
    if (known !== undefined) return known;
    authors.set(prefix, keys.length);
    keys.push(Uint8Array.from(key));
    return keys.length - 1;
  };
  return {
    read(bytes) {
      const decoded = decodeEnvelope(bytes);
      const header = decoded.ok ? peekHeader(decoded.envelope.payload) : undefined;
      if (!decoded.ok || header === undefined) return undefined;
      const { type, author: signer } = decoded.envelope;
      const [epoch, sequence] =
        type === EVENT ? [header.place?.epoch, header.place?.sequence ?? 0] : [undefined, header.sequence];
      const id = idText({ author: prefixOf(signer), type, run: epoch ?? header.boot, sequence });
      const known = byId.get(id);
      if (known !== undefined) return known;
      const author = numberOf(signer);
      const content: Content = {
        number: all.length,
        author,
        key: keys[author] ?? signer,
        type,
        boot: header.boot,
        sequence,
        contentSequence: type === EVENT ? sequence : header.contentSequence,
        epoch,
        bytes: Uint8Array.from(bytes),
      };
      all.push(content);
      byId.set(id, content);
      return content;
    },
    at(number) {
      const content = all[number];
      if (content === undefined) throw new RangeError(`no content ${number}`);
      return content;
    },
    authorOf: (prefix) => authors.get(prefix),
    keyOf: (author) => keys[author] ?? new Uint8Array(32),
    authors: () => keys.length,
  };
}
