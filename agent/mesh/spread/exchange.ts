/** One exchange with a neighbour, as protocol.ts describes it. Both sides do the same, in turns. */
import type { Clock } from '../../base/clock.ts';
import { REPORT } from '../codec/report.ts';
import { type AuthorKey, authorOf, prefixOf } from '../identity/peer-id.ts';
import type { OfferResult } from '../records/offer.ts';
import type { RecordBook } from '../records/record-book.ts';
import { type RecordId, idText } from '../records/record-id.ts';
import type { ContentHashes } from './content-hashes.ts';
import type { Cursors } from './cursors.ts';
import { type Hashes, decodeHashes, encodeHashes } from './hashes-frame.ts';
import { type Hello, decodeHello, encodeHello } from './hello-frame.ts';
import { highestBoot } from './highest-boot.ts';
import { ExchangeEnded, type Link } from './link.ts';
import { type Offer, encodeOffer } from './offer-frame.ts';
import { makeOffer } from './offering.ts';
import { FULL_LIST_RECORDS, SYNC_VERSION } from './protocol.ts';
import { type Received, receiveOffer, receiveRecords } from './receiving.ts';
import { type Sent, sendRecords } from './sending.ts';
import { decodeWant, encodeWant } from './want-frame.ts';
import { type Wanting, makeWant } from './wanting.ts';

export interface ExchangeDeps {
  readonly book: RecordBook;
  readonly cursors: Cursors;
  readonly hashes: ContentHashes;
  readonly clock: Clock;
  /** From 0 to 1, 1 excluded. */
  readonly random: () => number;
  /** Our own key. */
  readonly author: AuthorKey;
  /** Ids for which neighbours were asked and have not answered. */
  readonly underWay: Set<string>;
  /** Called with the ids that a neighbour offers. */
  readonly onIds?: (ids: readonly RecordId[], peerId: string) => void;
  /** Called for each envelope that came. */
  readonly onOffered: (result: OfferResult, peerId: string) => void;
  /** A neighbour said which boot of ours it holds; 0: none. */
  readonly onHeldBoot: (boot: number, peerId: string) => void;
}

export interface ExchangeReport {
  readonly idsSent: number;
  readonly idsReceived: number;
  readonly recordsSent: number;
  readonly recordsReceived: number;
  readonly accepted: number;
  /** Hashes went one way or the other. */
  readonly compared: boolean;
  /** Another exchange would bring more at once, to one side or the other. */
  readonly unfinished: boolean;
}

/** @throws {ExchangeEnded} */
export async function initiate(link: Link, compare: boolean, deps: ExchangeDeps): Promise<ExchangeReport> {
  const mine = await greet(link, compare, deps);
  const theirs = await receiveGreeting(link, deps);
  const offered = await receiveOfferTo(mine, link, deps);
  return withWant(offered, theirs, link, deps, async (want) => {
    await link.send(encodeWant(want));
    const offer = await sendOffer(link, theirs, offered, deps);
    const received = await receiveRecords(link, want, deps);
    const asked = await receiveWant(link, offer);
    const sent = await sendRecords(link, offer, asked, deps);
    return { offer, sent, received, compared: mine !== undefined || theirs.hashes !== undefined };
  });
}

/** @throws {ExchangeEnded} */
export async function respond(link: Link, deps: ExchangeDeps): Promise<ExchangeReport> {
  const theirs = await receiveGreeting(link, deps);
  const known = deps.cursors.get(link.peerId);
  if (known !== undefined && known.epoch !== theirs.hello.epoch) deps.cursors.reset(link.peerId);
  const mine = await greet(link, false, deps);
  const offer = await sendOffer(link, theirs, undefined, deps);
  const asked = await receiveWant(link, offer);
  const offered = await receiveOfferTo(mine, link, deps);
  return withWant(offered, theirs, link, deps, async (want) => {
    const sent = await sendRecords(link, offer, asked, deps);
    await link.send(encodeWant(want));
    const received = await receiveRecords(link, want, deps);
    return { offer, sent, received, compared: mine !== undefined || theirs.hashes !== undefined };
  });
}

interface Greeting {
  readonly hello: Hello;
  readonly hashes: Hashes | undefined;
}

interface Traffic {
  readonly offer: Offer;
  readonly sent: Sent;
  readonly received: Received;
  readonly compared: boolean;
}

/** Returns the hashes that went along. */
async function greet(link: Link, compare: boolean, deps: ExchangeDeps): Promise<Hashes | undefined> {
  const { book, cursors, hashes } = deps;
  const cursor = cursors.get(link.peerId);
  const many = cursor === undefined && book.since(0, FULL_LIST_RECORDS + 1).length > FULL_LIST_RECORDS;
  const withHashes = compare || many || cursors.isReset(link.peerId);
  const mine = withHashes ? { reports: book.bucketHashes(), others: await hashes.of(book) } : undefined;
  const own = book.latest(deps.author, REPORT);
  const theirKey = authorOf(link.peerId);
  await link.send(
    encodeHello({
      version: SYNC_VERSION,
      hashesFollow: withHashes,
      epoch: book.epoch,
      head: book.head(),
      cursor,
      own: { boot: own?.boot ?? 0, sequence: own?.contentSequence ?? 0 },
      heldBoot: theirKey === undefined ? 0 : highestBoot(book, theirKey),
    }),
  );
  if (mine !== undefined) await link.send(encodeHashes(mine));
  return mine;
}

async function receiveGreeting(link: Link, { book, clock, onHeldBoot }: ExchangeDeps): Promise<Greeting> {
  const hello = await link.receive(decodeHello);
  const hashes = hello.hashesFollow ? await link.receive(decodeHashes) : undefined;
  const key = authorOf(link.peerId);
  if (key !== undefined && hello.own.boot > 0 && hello.own.sequence > 0) {
    book.attest(prefixOf(key), hello.own, clock.monotonic());
  }
  onHeldBoot(hello.heldBoot, link.peerId);
  return { hello, hashes };
}

async function sendOffer(link: Link, theirs: Greeting, offered: Offer | undefined, deps: ExchangeDeps): Promise<Offer> {
  const has = new Set((offered?.ids ?? []).map(idText));
  const offer = await makeOffer({ peerId: link.peerId, ...theirs, has }, deps);
  for (const frame of encodeOffer(offer)) await link.send(frame);
  return offer;
}

async function receiveOfferTo(hashes: Hashes | undefined, link: Link, deps: ExchangeDeps): Promise<Offer> {
  const offered = await receiveOffer(link);
  // Who has hashes needs no cursor.
  if (hashes !== undefined && offered.reset) throw new ExchangeEnded('malformed');
  deps.onIds?.(offered.ids, link.peerId);
  return offered;
}

async function receiveWant(link: Link, offer: Offer) {
  const asked = await link.receive(decodeWant);
  if (asked.wanted.length !== offer.ids.length) throw new ExchangeEnded('malformed');
  return asked;
}

/** Claims what is wanted while the exchange lasts, and keeps the cursor when all of it came. */
async function withWant(
  offered: Offer,
  { hello }: Greeting,
  link: Link,
  deps: ExchangeDeps,
  rest: (want: Wanting) => Promise<Traffic>,
): Promise<ExchangeReport> {
  const { book, cursors, underWay } = deps;
  // What the ids say of others attests nothing: they are not signed, and a wrong one would make a report lag for ever.
  const want = makeWant(offered, book, underWay, link.peerId);
  try {
    const { offer, sent, received, compared } = await rest(want);
    if (offered.reset) cursors.reset(link.peerId);
    else if (!offered.more && !received.cut && !want.deferred) {
      cursors.set(link.peerId, { epoch: hello.epoch, offset: offered.cursor });
    }
    return {
      idsSent: offer.ids.length,
      idsReceived: offered.ids.length,
      recordsSent: sent.records,
      recordsReceived: received.records,
      accepted: received.accepted,
      compared,
      unfinished:
        [offered.reset, offer.reset, offered.more, offer.more, sent.cut, received.cut].includes(true) ||
        (want.capped && !received.limited),
    };
  } finally {
    for (const id of want.claimed) underWay.delete(id);
  }
}
