import { Socket } from 'node:net';
import { expect, it } from 'vitest';
import { corkWrites } from './cork.ts';

/** A socket that is connected to nothing, and what leaves it at a time. */
function socketOf() {
  const sent: string[] = [];
  const socket = new Socket();
  socket._write = (chunk: Buffer, _encoding, done) => {
    sent.push(chunk.toString());
    done();
  };
  socket._writev = (chunks, done) => {
    sent.push(chunks.map(({ chunk }) => String(chunk)).join('+'));
    done();
  };
  return { socket, sent };
}

const turn = (): Promise<void> => new Promise((done) => setImmediate(done));

it('sends what is written in one turn together, also what promises write', async () => {
  const { socket, sent } = socketOf();
  corkWrites({ socket });

  socket.write('length');
  await Promise.resolve();
  socket.write('body');
  expect(sent).toEqual([]);
  await turn();
  expect(sent).toEqual(['length+body']);
  socket.write('next');
  await turn();
  expect(sent).toEqual(['length+body', 'next']);
});

it('sends what waits when the socket ends', async () => {
  const { socket, sent } = socketOf();
  corkWrites({ socket });

  socket.write('last');
  socket.end();
  await turn();
  expect(sent).toEqual(['last']);
});

it('leaves a connection without a socket alone', () => {
  expect(() => corkWrites({})).not.toThrow();
});
