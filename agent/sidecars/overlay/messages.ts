/** What a responder and its node's agent tell each other. Short enough for one datagram of 1280 bytes over IPv4. */
import { isIP } from 'node:net';
import { type Static, type TSchema, Type } from 'typebox';
import { Value } from 'typebox/value';
import type { OverlayPath } from '../../../checks/types.ts';

/** What a responder found on its way to another. */
export type PathFigures = Omit<OverlayPath, 'node'>;

export interface Call {
  /** Unix ms by the node's clock: of two responders that call, the one that started last counts. */
  readonly startedAt: number;
  /** Its pod's: one, or one of each family. */
  readonly addresses: readonly string[];
  /** Another responder has answered it at least once. */
  readonly reached: boolean;
  /** It ends now. */
  readonly leaving: boolean;
  readonly paths: readonly PathFigures[];
}

/** One responder pings no more than so many others: an agent has at most as many neighbours. */
export const MAX_PATHS = 16;

const Count = Type.Integer({ minimum: 0, maximum: 1_000_000_000 });
const Address = Type.String({ maxLength: 45 });
const Bit = Type.Integer({ minimum: 0, maximum: 1 });

/** `[address, misses, lost, sent, µs of the round trip or −1, bytes of the long one or 0, misses, lost, sent]` */
const PathItems = Type.Tuple([
  Address,
  Count,
  Count,
  Count,
  Type.Integer({ minimum: -1, maximum: 1_000_000_000 }),
  Count,
  Count,
  Count,
  Count,
]);
const CallItems = Type.Object({
  startedAt: Type.Number({ minimum: 0 }),
  addresses: Type.Array(Address, { minItems: 1, maxItems: 2 }),
  reached: Bit,
  leaving: Bit,
  paths: Type.Array(PathItems, { maxItems: MAX_PATHS }),
});
const KnockItems = Type.Object({ address: Address });
const OrderItems = Type.Object({ addresses: Type.Array(Address, { maxItems: MAX_PATHS }) });

export function encodeCall({ startedAt, addresses, reached, leaving, paths }: Call): Uint8Array {
  const items: Static<typeof CallItems> = {
    startedAt,
    addresses: [...addresses],
    reached: reached ? 1 : 0,
    leaving: leaving ? 1 : 0,
    paths: paths.map(({ address, short, full, rttMs }) => [
      address,
      short.misses,
      short.lost,
      short.sent,
      rttMs === undefined ? -1 : Math.round(rttMs * 1000),
      ...(full === undefined ? [0, 0, 0, 0] : [full.bytes, full.misses, full.lost, full.sent]),
    ]) as Static<typeof PathItems>[],
  };
  return encode(items);
}

/** Undefined for what is no call. Never throws. */
export function decodeCall(body: Uint8Array): Call | undefined {
  const items = decode(body, CallItems);
  if (items === undefined) return undefined;
  const { startedAt, addresses, reached, leaving } = items;
  const paths = items.paths.map(readPath);
  if (![...addresses, ...paths.map(({ address }) => address)].every(isAddress)) return undefined;
  return { startedAt, addresses, reached: reached === 1, leaving: leaving === 1, paths };
}

function readPath([address, misses, lost, sent, rttMicros, ...long]: Static<typeof PathItems>): PathFigures {
  const [bytes, longMisses, longLost, longSent] = long;
  return {
    address,
    short: { misses, lost, sent },
    ...(rttMicros >= 0 && { rttMs: rttMicros / 1000 }),
    ...(bytes > 0 && { full: { bytes, misses: longMisses, lost: longLost, sent: longSent } }),
  };
}

/** @param addresses whom to ping from now on */
export const encodeOrders = (addresses: readonly string[]): Uint8Array => encode({ addresses });

/** Undefined for what are no orders. Never throws. */
export function decodeOrders(body: Uint8Array): readonly string[] | undefined {
  const addresses = decode(body, OrderItems)?.addresses;
  return addresses?.every(isAddress) === true ? addresses : undefined;
}

/** @param address where to knock */
export const encodeKnock = (address: string): Uint8Array => encode({ address });

/** Undefined for what is no knock. Never throws. */
export function decodeKnock(body: Uint8Array): string | undefined {
  const address = decode(body, KnockItems)?.address;
  return address !== undefined && isAddress(address) ? address : undefined;
}

/** @param heard somebody is there */
export const encodeKnocked = (heard: boolean): Uint8Array => Uint8Array.of(heard ? 1 : 0);

/** Undefined for what is no word of a knock. */
export const decodeKnocked = ([heard, ...more]: Uint8Array): boolean | undefined =>
  more.length > 0 || heard === undefined || heard > 1 ? undefined : heard === 1;

const isAddress = (text: string): boolean => isIP(text) !== 0;

const encode = (items: unknown): Uint8Array => Buffer.from(JSON.stringify(items));

function decode<Schema extends TSchema>(body: Uint8Array, schema: Schema): Static<Schema> | undefined {
  try {
    const items: unknown = JSON.parse(Buffer.from(body).toString('utf8'));
    return Value.Check(schema, items) ? items : undefined;
  } catch {
    return undefined;
  }
}
