import * as fc from 'fast-check';
import { expect, it } from 'vitest';
import { resetBody, unsealBody } from '../../shared/recovery/unseal/body.ts';
import { run, underUnseal } from './unsealing.ts';

it('a body holds the share as base64, whatever its bytes and length', () => {
  fc.assert(
    fc.property(fc.uint8Array({ minLength: 1, maxLength: 70 }), (share) => {
      const key = Buffer.from(share).toString('base64');
      expect(unsealBody(share).toString()).toBe(JSON.stringify({ key }));
    }),
  );
  expect(resetBody().toString()).toBe('{"reset":true}');
});

it('every body is zeroed once its answer is here, also when the request fails', async () => {
  const fleet = underUnseal();
  const bodies: Buffer[] = [];
  const targets = fleet.targets().map((target) => ({
    ...target,
    client: {
      sealStatus: target.client.sealStatus.bind(target.client),
      unseal: (...args: Parameters<typeof target.client.unseal>) => {
        bodies.push(args[0]);
        if (target.node === 'vault-3') return Promise.reject(new Error('broken'));
        return target.client.unseal(...args);
      },
    },
  }));
  await expect(run(targets, fleet.shares(1, 2, 3))).rejects.toThrow('broken');
  expect(bodies.length).toBeGreaterThan(2);
  await new Promise((resolve) => setImmediate(resolve));
  expect(bodies.every((body) => body.every((byte) => byte === 0))).toBe(true);
});
