import { join } from 'node:path';
import { expect, it } from 'vitest';
import { RecoveryUnderTest } from './recovery-under-test.ts';
import { stories } from './stories.ts';
import { Telling } from './telling.ts';

it('every recovery is told as it goes on, in words that a tired person can act on', async () => {
  const told: string[] = [];
  for (const { title, world: options, happens } of stories) {
    const world = await new RecoveryUnderTest(options).ready();
    const telling = new Telling(world);
    await telling.sweep();
    await happens(world);
    await telling.sweep();
    told.push([`##### ${title}`, ...telling.shown()].join('\n\n'));
  }
  await expect(told.join('\n\n\n')).toMatchFileSnapshot(join(import.meta.dirname, 'messages.golden.txt'));
});
