/** Tombstones: one for each (name, author), whoever wrote it; of two that bury the same all agents keep the same one. */
import { TOMBSTONE, decodeTombstone } from '../codec/tombstone.ts';
import {
  KNOWN,
  type Offer,
  type OfferResult,
  type Shelves,
  admitAuthor,
  authorRefusal,
  ignored,
  recordOf,
} from './offer.ts';

export function offerTombstone(shelves: Shelves, offer: Offer): OfferResult {
  const { limits, authors, tombstones, arrivals, verifier } = shelves;
  const { envelope, bytes, now } = offer;
  const stone = decodeTombstone(envelope.payload);
  if (stone === undefined) return { kind: 'rejected', why: 'undecodable' };
  const rank = tombstones.rank(stone, bytes);
  if (rank === 'known') return KNOWN;
  const refused = authorRefusal(shelves, offer);
  if (refused !== undefined) return ignored(refused);
  // What is on the own disk was within the rate when it came.
  const isLimited = offer.from !== 'disk';
  if (isLimited && authors.get(envelope.author)?.stateTokens.has(limits.stateRate, now) === false)
    return ignored('rate');
  const verified = verifier.verify(bytes);
  if (!verified.ok) return { kind: 'rejected', why: verified.why };
  const writer = admitAuthor(shelves, offer);
  if (isLimited) writer.stateTokens.take();
  const record = recordOf(offer, writer.key, TOMBSTONE);
  arrivals.append(record);
  for (const goner of tombstones.add(stone, record)) arrivals.remove(goner);
  return { kind: 'accepted', record, contentChanged: rank === 'news' };
}
