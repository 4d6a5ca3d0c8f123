/**
 * What the mesh asks of a transport: authenticated connections to peers, framed streams over them, and one kind of
 * broadcast. There are two: libp2p over TCP, and a twin in memory for tests and simulations.
 *
 * Nothing here throws or rejects for what a peer or the network does: that is an outcome. What throws is misuse, and a
 * start without any address to listen on.
 *
 * An address is text: an IP address and a port, `10.0.0.7:7576` or `[fd00::7]:7576`, as address.ts writes it.
 */
import type { Misdeed } from '../conduct/misdeed.ts';

export interface Transport {
  /** libp2p's PeerId of our key, `12D3KooW…`. */
  readonly peerId: string;
  /** @throws AgentError `unavailable` when an address cannot be listened on. */
  start(): Promise<void>;
  /** Closes everything within 4 s, whatever the peers do. A stopped transport is not started again. */
  stop(): Promise<void>;
  /**
   * From now on whoever has one of these keys is admitted, and nobody else; the first is preferred. Connections that were
   * made with another key end.
   */
  admit(clusterKeys: readonly AdmissionKey[]): void;
  /**
   * Listens on these addresses from now on. Those that are listened on already keep their connections; where one is given
   * up, the connections of its family end, because nobody tells a connection that its address is gone.
   *
   * @throws AgentError `unavailable` when a new address cannot be listened on: then all is as before
   */
  relisten(addresses: readonly string[]): Promise<void>;
  /** The addresses that are listened on, with the ports that the system chose. */
  listening(): readonly string[];
  /** One row a peer. */
  peers(): readonly ConnectedPeer[];
  /**
   * Tries the addresses one after the other until one of them is the expected peer, or anybody but ourselves where
   * nobody is expected. A peer that is connected already is not dialled again.
   */
  connect(
    addresses: readonly string[],
    expectedPeerId: string | undefined,
    signal: AbortSignal,
  ): Promise<ConnectResult>;
  /** Closes every connection to the peer; resolves when they are closed, at most after a second. */
  disconnect(peerId: string): Promise<void>;
  /** Opens a stream over the peer's connection; never dials. Whoever opens it closes it. */
  open(peerId: string, protocol: string, limits: FrameLimits, signal: AbortSignal): Promise<OpenResult>;
  /** Answers streams that peers open. Called once a protocol, at any time. */
  handle(protocol: string, limits: StreamLimits, handler: StreamHandler): void;
  /** Tells all subscribers, with a first hop to a few of them. Nobody connected is no failure. */
  publish(topic: string, bytes: Uint8Array): Promise<PublishResult>;
  /** Only topics named in the options; once a topic. Own messages are not delivered. */
  subscribe(topic: string, validate: Validate, onMessage: OnMessage): void;
  /** Tells of changes from now on. Returns how to stop. */
  watch(listener: (event: TransportEvent) => void): () => void;
  /** How often what happened since the start. */
  counts(): TransportCounts;
}

export interface AdmissionKey {
  /** Tells keys apart; no secret. */
  readonly id: string;
  /** 32 bytes. */
  readonly secret: Uint8Array;
}

/** Who is refused, and what is told of peers. */
export interface PeerConduct {
  /** Not dialled, and refused when it dials. Its connections are closed by who decides that. */
  isRefused(peerId: string): boolean;
  /** The peer did what no agent does. */
  note(peerId: string, misdeed: Misdeed, points?: number): void;
}

export interface ConnectedPeer {
  readonly peerId: string;
  /** Where the connection leads; of an inbound one the port says nothing. */
  readonly address: string;
  readonly direction: 'inbound' | 'outbound';
}

export type TransportEvent =
  | ({ readonly kind: 'connected' } & ConnectedPeer)
  /** The last connection to the peer is gone. */
  | { readonly kind: 'disconnected'; readonly peerId: string; readonly why: DisconnectReason };

/**
 * `local`: disconnect() or stop(). Closed by ourselves, but not asked to: `deaf`, because it no longer carried
 * broadcasts; `silent`, because the peer's host did not answer on it for half a minute. `remote`: anything else.
 */
export type DisconnectReason = 'local' | 'deaf' | 'silent' | 'remote';

/** What came of one address. */
export type DialOutcome =
  | 'connected'
  /** Somebody else of this cluster is behind the address: AddressConflict. */
  | 'wrong-peer'
  /** It is our own address. */
  | 'self'
  /** The host answers that nobody listens. */
  | 'refused'
  | 'unreachable'
  | 'timeout'
  /** Somebody listens and shares none of our cluster keys. */
  | 'not-admitted'
  /** Accepted, then closed before the handshake was over: too busy, stopping, or not an agent. */
  | 'closed'
  | 'aborted'
  /** The text is no address. */
  | 'invalid';

export interface DialAttempt {
  readonly address: string;
  readonly outcome: DialOutcome;
  /** Who answered, where that is known. */
  readonly peerId?: string;
  readonly detail?: string;
}

export interface ConnectResult {
  /** The connection to use; absent when no attempt succeeded. */
  readonly peer?: ConnectedPeer;
  /** In the order in which they were tried; empty when the peer was connected already. */
  readonly attempts: readonly DialAttempt[];
}

export interface FrameLimits {
  /** A longer frame, either way, ends the stream. */
  readonly maxFrameBytes: number;
  /** So much received and unread data is kept; then the peer has to wait. At least one frame fits anyway. */
  readonly maxBufferedBytes: number;
}

export interface StreamLimits extends FrameLimits {
  /** Streams of this protocol that a peer may have open at a time. */
  readonly maxStreamsPerPeer: number;
  /** A handler that takes longer loses its stream. */
  readonly deadlineMs: number;
}

/** A duplex of frames: messages of bytes whose borders are kept. */
export interface FrameStream {
  readonly peerId: string;
  /** Resolves when the frame may be sent, thus waits for a slow peer. One at a time. */
  send(frame: Uint8Array, signal: AbortSignal): Promise<SendOutcome>;
  /** The next frame, owned by the caller. One at a time. */
  receive(signal: AbortSignal): Promise<ReceiveResult>;
  /**
   * Says that nothing more is sent; frames are still received. Read to the end, or abort: a stream whose frames nobody
   * reads stays open. A peer that keeps its side open and sends nothing for 2 s loses it.
   */
  close(): Promise<void>;
  /** Ends both directions at once. */
  abort(): void;
}

export type SendOutcome = 'sent' | 'closed' | 'aborted' | 'too-large';

export type ReceiveResult =
  | { readonly kind: 'frame'; readonly bytes: Uint8Array }
  /** The peer closed its side; all its frames were received. */
  | { readonly kind: 'end' }
  | { readonly kind: 'failed'; readonly why: 'closed' | 'too-large' | 'truncated' }
  /** The signal was aborted; nothing is lost. */
  | { readonly kind: 'aborted' };

export type OpenResult =
  | { readonly kind: 'open'; readonly stream: FrameStream }
  | { readonly kind: 'failed'; readonly why: OpenFailure };

export type OpenFailure = 'not-connected' | 'unsupported' | 'aborted' | 'closed';

/**
 * The stream is closed when it resolves, and aborted when it rejects; what the peer sends afterwards is dropped. The
 * signal is aborted at the deadline.
 */
export type StreamHandler = (stream: FrameStream, signal: AbortSignal) => Promise<void>;

/** `duplicate`: the same bytes were seen a short while ago. `failed`: not started, or stopped. */
export type PublishResult =
  | { readonly kind: 'published'; readonly recipients: number }
  | { readonly kind: 'duplicate' }
  | { readonly kind: 'failed' };

/** `accept` delivers and relays; `ignore` does neither; `reject` says as well that the sender should not have sent it. */
export type Verdict = 'accept' | 'ignore' | 'reject';

/** Runs once a message, and quickly. `from` is who relayed it, not who wrote it. */
export type Validate = (bytes: Uint8Array, from: string) => Verdict;

/** The bytes are the receiver's to keep. */
export type OnMessage = (bytes: Uint8Array, from: string) => void;

export interface TransportCounts {
  /** Inbound connections that were refused: no key in common or no handshake in time, a limit, anything else. */
  readonly refused: { readonly stranger: number; readonly limit: number; readonly other: number };
  readonly messages: { readonly accepted: number; readonly ignored: number; readonly rejected: number };
  /** Connections that were closed for these reasons. */
  readonly deaf: number;
  readonly silent: number;
  /** Second connections to one peer that were closed. */
  readonly duplicates: number;
  /** Handlers that failed or missed their deadline. */
  readonly handlersFailed: number;
}
