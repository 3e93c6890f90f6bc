import { expect, it } from 'vitest';
import { describeListed, listEscrow } from '../../../shared/work/escrow/list.ts';
import { RecoveryUnderTest } from '../recover/recovery-under-test.ts';

it('names newer blobs of generations, by their numbers, and nothing that only lies beside them', async () => {
  const world = new RecoveryUnderTest({ policy: 'manual' });
  await world.escrow();
  for (const name of [
    '0001.0002.json',
    '10000.0001.json',
    '9999.0001.json\u001b]0;owned\u0007',
    '2.1.json',
    'notes',
  ]) {
    world.state.blobs.set(`payments/${name}`, Buffer.from(''));
  }
  const [listed] = await listEscrow(world.process());
  expect(listed?.notAccepted).toEqual(['payments/0001.0002.json', 'payments/10000.0001.json']);
  expect((await listEscrow(world.process())).flatMap(describeListed).join('\n')).not.toMatch(
    /\p{Cc}(?<!\n)/u,
  );
});
