import { expect, it } from 'vitest';
import { createFakeClock } from '../../../test/lib/fake-clock.ts';
import { createSecretFile } from './secret-file.ts';
import { memoryFiles } from './testing.ts';

const noFault = (): undefined => undefined;

it('reads a file at once, and anew for each message', async () => {
  const texts = new Map([['/token', ' one\n']]);
  const file = createSecretFile('/token', noFault, { clock: createFakeClock(), files: memoryFiles(texts) });
  expect(file.latest()).toBe('one');

  texts.set('/token', 'two\n');
  await expect(file.read()).resolves.toBe('two');
  expect(file.latest()).toBe('two');
});

it('looks at the file from time to time while nobody sends', async () => {
  const clock = createFakeClock();
  const texts = new Map([['/token', 'one']]);
  const file = createSecretFile('/token', noFault, { clock, files: memoryFiles(texts) });
  texts.set('/token', 'two');
  await clock.advance(9999);
  file.latest();
  await clock.advance(0);
  expect(file.latest()).toBe('one');
  await clock.advance(1);
  file.latest();
  await clock.advance(0);
  expect(file.latest()).toBe('two');
});

it('says what is wrong with a file and never what is in it', async () => {
  const texts = new Map([['/token', 'two words']]);
  const faultOf = (text: string): string | undefined => (text.includes(' ') ? 'holds no token' : undefined);
  const file = createSecretFile('/token', faultOf, { clock: createFakeClock(), files: memoryFiles(texts) });
  expect(file.fault()).toBe('/token holds no token');
  await expect(file.read()).rejects.toThrow(/^\/token holds no token$/);
  texts.set('/token', ' \n');
  await expect(file.read()).rejects.toThrow(/^\/token is empty$/);
  texts.delete('/token');
  await expect(file.read()).rejects.toThrow(/^\/token is not there$/);
  texts.set('/token', 'good');
  await expect(file.read()).resolves.toBe('good');
  expect(file.fault()).toBeUndefined();
});

it('uses nothing that was taken away, and still says who it was', async () => {
  const texts = new Map([['/token', 'one']]);
  const file = createSecretFile('/token', noFault, { clock: createFakeClock(), files: memoryFiles(texts) });
  texts.delete('/token');
  await expect(file.read()).rejects.toThrow('/token is not there');
  expect(file.latest()).toBe('one');
});

it('goes on with what it read before while the disk hangs, reading once', async () => {
  const clock = createFakeClock();
  let reads = 0;
  const files = {
    readNow: () => 'one',
    read: () => {
      reads += 1;
      return new Promise<string>(() => {});
    },
  };
  const file = createSecretFile('/token', noFault, { clock, files });
  const both = Promise.all([file.read(), file.read()]);
  await clock.advance(500);
  await expect(both).resolves.toEqual(['one', 'one']);
  expect(reads).toBe(1);
});
