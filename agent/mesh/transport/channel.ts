/** A duplex of bytes as both transports have it; frame-stream.ts makes a FrameStream of it. */

export interface ByteChannel {
  /** Hands over who is told; called once, before anything else. */
  attach(sink: ChannelSink): void;
  /** Whether the next write is taken without piling up. */
  writable(): boolean;
  /** Copies nothing: the bytes must not change afterwards. Never throws. */
  write(bytes: Uint8Array): void;
  /** Stops and resumes what comes in; meanwhile the peer is made to wait. */
  pause(): void;
  resume(): void;
  /** Ends our direction after what was written. */
  end(): void;
  /** Ends both directions at once. */
  abort(why: string): void;
}

export interface ChannelSink {
  /** May be a view into a buffer that is used again. */
  bytes(chunk: Uint8Array): void;
  /** The peer sends nothing more. */
  ended(): void;
  /** There may be room to write again. */
  drained(): void;
  /** Both directions are over. May follow on `ended`. */
  closed(): void;
}
