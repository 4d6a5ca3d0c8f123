import { describe, expect, it } from 'vitest';
import { createHeardTable } from './heard.ts';
import { createLossRecord } from './loss.ts';

/** Pings 1 … 20 over an edge that drops what the two predicates say; the peer states in each ack what it heard. */
function run(isLostOut: (ping: number) => boolean, isLostBack: (ping: number) => boolean) {
  const peer = createHeardTable();
  const record = createLossRecord();
  for (let ping = 1; ping <= 20; ping += 1) {
    if (!isLostOut(ping)) peer.note('me', 1, ping);
    const isAnswered = !isLostOut(ping) && !isLostBack(ping);
    record.settle(ping, isAnswered);
    if (isAnswered) record.learn({ heard: peer.heardOf('me'), boot: 1, nextSequence: ping + 1, answers: ping });
  }
  return record;
}

describe('loss over the last ten pings', () => {
  it('is none on a good edge', () => {
    expect(
      run(
        () => false,
        () => false,
      ).loss(),
    ).toEqual({
      roundTrip: { lost: 0, of: 10 },
      toPeer: { lost: 0, of: 10 },
      fromPeer: { lost: 0, of: 10 },
    });
  });

  it('is found on the way out', () => {
    expect(
      run(
        (ping) => ping % 2 === 1,
        () => false,
      ).loss(),
    ).toEqual({
      roundTrip: { lost: 5, of: 10 },
      toPeer: { lost: 5, of: 10 },
      fromPeer: { lost: 0, of: 5 },
    });
  });

  it('is found on the way back', () => {
    expect(
      run(
        () => false,
        (ping) => ping % 2 === 1,
      ).loss(),
    ).toEqual({
      roundTrip: { lost: 5, of: 10 },
      toPeer: { lost: 0, of: 10 },
      fromPeer: { lost: 5, of: 10 },
    });
  });

  it('has no direction before the peer said anything', () => {
    const record = createLossRecord();
    record.settle(1, false);
    expect(record.loss()).toEqual({
      roundTrip: { lost: 1, of: 1 },
      toPeer: { lost: 0, of: 0 },
      fromPeer: { lost: 0, of: 0 },
    });
  });

  it('has a direction when only the pings of the peer arrive: it hears none of mine', () => {
    const record = createLossRecord();
    record.learn({ heard: { highest: 0, bits: 0 }, boot: 5, nextSequence: 1 });
    for (const ping of [1, 2, 3]) record.settle(ping, false);
    record.learn({ heard: { highest: 0, bits: 0 }, boot: 5, nextSequence: 4 });
    expect(record.loss()).toMatchObject({ toPeer: { lost: 3, of: 3 } });
  });

  it('has the other direction when the peer hears mine and its answers are lost', () => {
    const record = createLossRecord();
    record.learn({ heard: { highest: 0, bits: 0 }, boot: 5, nextSequence: 1 });
    for (const ping of [1, 2, 3]) record.settle(ping, false);
    record.learn({ heard: { highest: 3, bits: 0b111 }, boot: 5, nextSequence: 4 });
    expect(record.loss()).toMatchObject({ toPeer: { lost: 0, of: 3 }, fromPeer: { lost: 3, of: 3 } });
  });

  it('does not blame the way for what a restarted peer cannot know', () => {
    const record = createLossRecord();
    for (const ping of [1, 2, 3]) record.settle(ping, false);
    record.settle(4, true);
    record.learn({ heard: { highest: 4, bits: 1 }, boot: 6, nextSequence: 5, answers: 4 });
    expect(record.loss()).toMatchObject({ roundTrip: { lost: 3, of: 4 }, toPeer: { lost: 0, of: 1 } });
  });

  it('does not believe a peer that still counts the pings of an earlier life', () => {
    const record = createLossRecord();
    record.settle(1, true);
    record.learn({ heard: { highest: 1, bits: 1 }, boot: 6, nextSequence: 2, answers: 1 });
    record.settle(2, false);
    record.settle(3, true);
    record.learn({ heard: { highest: 5000, bits: 0xffff }, boot: 6, nextSequence: 4, answers: 3 });
    expect(record.loss()).toMatchObject({ roundTrip: { lost: 1, of: 3 }, toPeer: { lost: 0, of: 2 } });
  });

  it('reads the low 16 bits of a sequence across their end', () => {
    const record = createLossRecord();
    record.learn({ heard: { highest: 65_535, bits: 1 }, boot: 1, nextSequence: 65_536 });
    record.settle(65_536, false);
    record.settle(65_537, true);
    record.learn({ heard: { highest: 1, bits: 0b11 }, boot: 1, nextSequence: 65_538, answers: 65_537 });
    expect(record.loss()).toMatchObject({ toPeer: { lost: 0, of: 2 }, fromPeer: { lost: 1, of: 2 } });
  });
});
