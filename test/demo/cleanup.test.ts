import { expect, it } from 'vitest';
import { Cleanup, Stopped } from '../../demo/cleanup.ts';

it('closes what was opened from the last to the first', async () => {
  const cleanup = new Cleanup();
  const closed: string[] = [];
  for (const name of ['folder', 'storage', 'host']) {
    await cleanup.open(
      name,
      async () => name,
      (opened) => void closed.push(opened),
    );
  }
  expect(await cleanup.run()).toEqual([]);
  expect(closed).toEqual(['host', 'storage', 'folder']);
});

it('waits for what is just being opened, and closes it', async () => {
  const cleanup = new Cleanup();
  const started = Promise.withResolvers<string>();
  const closed: string[] = [];
  const opening = cleanup.open(
    'cluster',
    () => started.promise,
    (opened) => void closed.push(opened),
  );
  const ending = cleanup.run();
  expect(closed).toEqual([]);
  started.resolve('cluster');
  await ending;
  expect(closed).toEqual(['cluster']);
  expect(await opening).toBe('cluster');
});

it('has nothing to close where the opening failed', async () => {
  const cleanup = new Cleanup();
  let closed = false;
  const opening = cleanup.open(
    'cluster',
    () => Promise.reject(new Error('no port')),
    () => {
      closed = true;
    },
  );
  await expect(opening).rejects.toThrow('no port');
  expect(await cleanup.run()).toEqual([]);
  expect(closed).toBe(false);
});

it('opens nothing once the end has begun', async () => {
  const cleanup = new Cleanup();
  await cleanup.run();
  let opened = false;
  const late = cleanup.open(
    'host',
    async () => {
      opened = true;
    },
    () => undefined,
  );
  await expect(late).rejects.toThrow(Stopped);
  expect(opened).toBe(false);
});

it('closes once, however often it is asked', async () => {
  const cleanup = new Cleanup();
  let closed = 0;
  await cleanup.open(
    'host',
    async () => 'host',
    () => {
      closed += 1;
    },
  );
  await Promise.all([cleanup.run(), cleanup.run()]);
  await cleanup.run();
  expect(closed).toBe(1);
});

it('goes on after what fails to close or takes too long, and names both', async () => {
  const cleanup = new Cleanup(50);
  const closed: string[] = [];
  await cleanup.open(
    'folder',
    async () => 'folder',
    (opened) => void closed.push(opened),
  );
  await cleanup.open(
    'storage',
    async () => 'storage',
    () => Promise.reject(new Error('broken pipe')),
  );
  await cleanup.open(
    'host',
    async () => 'host',
    () => new Promise(() => undefined),
  );
  expect(await cleanup.run()).toEqual(['host: not closed within 0.05 s', 'storage: Error: broken pipe']);
  expect(closed).toEqual(['folder']);
});
