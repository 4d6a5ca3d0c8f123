/** State that replaces itself: reports, bindings, leaving, and types that only a newer version knows. */
import { BINDING, decodeBinding } from '../codec/binding.ts';
import { REPORT } from '../codec/report.ts';
import { type Author, isBeforeRemoval, latestOf } from './authors.ts';
import {
  type Offer,
  type OfferResult,
  OLD,
  type Shelves,
  admitAuthor,
  authorRefusal,
  ignored,
  isBuried,
  judgeTwin,
  recordOf,
} from './offer.ts';
import { type KeptRecord, compareOrder } from './record.ts';

/** The newest by (boot, sequence) is kept for each author and type. */
export function offerState(shelves: Shelves, offer: Offer): OfferResult {
  const { envelope, header } = offer;
  const { type } = envelope;
  if (header.sequence === 0) return { kind: 'rejected', why: 'undecodable' };
  const known = shelves.authors.get(envelope.author);
  const held = latestOf(known, type);
  if (known !== undefined && held !== undefined) {
    const order = compareOrder(header, held);
    if (order < 0) return OLD;
    if (order === 0) return judgeTwin(shelves, offer, held, () => (known.equivocations += 1));
  }
  if (type === REPORT && isBeforeRemoval(known, header)) return OLD;
  const refusal = refusalOf(shelves, offer, known, held);
  if (refusal !== undefined) return refusal;
  const verified = shelves.verifier.verify(offer.bytes);
  if (!verified.ok) return { kind: 'rejected', why: verified.why };
  const author = admitAuthor(shelves, offer);
  author.stateTokens.take();
  return keep(shelves, offer, author, held);
}

/** What speaks against it before the signature was looked at. */
function refusalOf(
  shelves: Shelves,
  offer: Offer,
  known: Author | undefined,
  held: KeptRecord | undefined,
): OfferResult | undefined {
  const { limits } = shelves;
  const { envelope, now } = offer;
  const refused = authorRefusal(shelves, offer);
  if (refused !== undefined) return ignored(refused);
  if (held === undefined && (known?.latest.length ?? 0) >= limits.maxTypesPerAuthor) return ignored('too-many-types');
  if (known !== undefined && !known.stateTokens.has(limits.stateRate, now)) return ignored('rate');
  const claim = envelope.type === BINDING ? decodeBinding(envelope.payload) : undefined;
  if (envelope.type === BINDING && claim === undefined) return { kind: 'rejected', why: 'undecodable' };
  return isBuried(shelves, offer, claim?.generation) ? ignored('tombstoned') : undefined;
}

function keep(shelves: Shelves, offer: Offer, author: Author, held: KeptRecord | undefined): OfferResult {
  const { type, payload } = offer.envelope;
  const record = recordOf(offer, author.key, held?.type ?? type);
  if (held === undefined) author.latest.push(record);
  else author.latest[author.latest.indexOf(held)] = record;
  if (held !== undefined) shelves.arrivals.remove(held);
  shelves.arrivals.append(record);
  const contentChanged =
    held === undefined || held.boot !== record.boot || held.contentSequence !== record.contentSequence;
  if (type === REPORT) {
    author.attestations.settle(record);
    if (contentChanged && held !== undefined) shelves.hashes.toggle(held);
    if (contentChanged) shelves.hashes.toggle(record);
  }
  if (type === BINDING) author.generation = decodeBinding(payload)?.generation ?? author.generation;
  if (type === REPORT) delete author.removed;
  return { kind: 'accepted', record, contentChanged };
}
