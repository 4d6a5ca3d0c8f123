/** Agents that ask each other over the transport in memory, for tests. */
import type { Clock } from '../../base/clock.ts';
import type { QuestionHandler } from '../../model/questions.ts';
import { createMemoryNetwork } from '../transport/memory/network.ts';
import { type MemoryTransport, createMemoryTransport } from '../transport/memory/transport.ts';
import { type AskingPart, createQuestions } from './questions.ts';

export interface TestAsker {
  readonly name: string;
  readonly transport: MemoryTransport;
  readonly questions: AskingPart;
  readonly handlers: Map<string, QuestionHandler>;
  /** Names; nobody closes connections to them. */
  readonly neighbours: Set<string>;
  /** What it held against others: `evil malformed`. */
  readonly misdeeds: string[];
  /** Defects that it wrote into its log. */
  readonly defects: string[];
}

export interface AskerWorld {
  readonly network: ReturnType<typeof createMemoryNetwork>;
  /** Named `n1`, `n2`, … for its number, with the PeerId `peer-1`, … */
  start(number: number): Promise<TestAsker>;
  /** Without questions, as an older agent, or one that keeps no rules. */
  bare(number: number): Promise<MemoryTransport>;
}

const addressOf = (number: string): string => `10.0.0.${number}:7576`;

export function createAskerWorld(clock: Clock): AskerWorld {
  const network = createMemoryNetwork(clock, { latencyMs: 2 });
  const bare = async (number: number): Promise<MemoryTransport> => {
    const options = { peerId: `peer-${number}`, listen: [addressOf(String(number))], topics: [] };
    const transport = createMemoryTransport(options, network);
    await transport.start();
    return transport;
  };
  return {
    network,
    bare,
    async start(number) {
      const transport = patient(await bare(number));
      const handlers = new Map<string, QuestionHandler>();
      const neighbours = new Set<string>();
      const [misdeeds, defects]: [string[], string[]] = [[], []];
      const nameOf = (peerId: string): string => peerId.replace('peer-', 'n');
      const questions = createQuestions({
        transport,
        clock,
        log: { error: (fields: unknown) => void defects.push(JSON.stringify(fields)) },
        self: { name: `n${number}`, peerId: transport.peerId },
        peerIdOf: (node) => (/^n\d+$/.test(node) ? node.replace('n', 'peer-') : undefined),
        nameOf,
        addressesOf: (peerId) => [addressOf(peerId.replace('peer-', ''))],
        isNeighbour: (peerId) => neighbours.has(nameOf(peerId)),
        handlerOf: (subject) => handlers.get(subject),
        onMisdeed: (peerId, misdeed) => void misdeeds.push(`${peerId} ${misdeed}`),
      });
      return { name: `n${number}`, transport, questions, handlers, neighbours, misdeeds, defects };
    },
  };
}

/** In memory the bound on streams is one for all peers together. */
function patient(transport: MemoryTransport): MemoryTransport {
  const handle = transport.handle.bind(transport);
  transport.handle = (name, limits, handler) => handle(name, { ...limits, maxStreamsPerPeer: 256 }, handler);
  return transport;
}
