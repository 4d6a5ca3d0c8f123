/**
 * A process that is a member: prints `ready PEERID ADDRESS PID`, relays, answers /echo/1, and prints `heard MESSAGE` for
 * each broadcast. Ends at SIGTERM, by itself once its transport is stopped.
 *
 * Arguments: the seed's number; addresses to connect with.
 */
import { seedOf } from './libp2p-harness.ts';
import { startNode } from './node.ts';
import { note } from './note.ts';

const [seed = '1', ...addresses] = process.argv.slice(2);
const node = await startNode({ seed: seedOf(Number(seed)) });
node.transport.handle(
  '/echo/1',
  { maxFrameBytes: 64 * 1024, maxBufferedBytes: 256 * 1024, maxStreamsPerPeer: 4, deadlineMs: 60_000 },
  async (stream, signal) => {
    for (;;) {
      const frame = await stream.receive(signal);
      if (frame.kind !== 'frame') return;
      await stream.send(frame.bytes, signal);
    }
  },
);
node.onHeard((message) => note(`heard ${message.slice(0, 40)}`));
node.manager.setSeeds(addresses);
process.once('SIGTERM', () => void node.stop());
note(`ready ${node.transport.peerId} ${node.transport.listening()[0]} ${process.pid}`);
