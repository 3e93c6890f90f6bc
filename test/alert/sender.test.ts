import { expect, it } from 'vitest';
import { createSender, type Resolved } from '../../shared/alert/sender.ts';
import { message, night, runbookBase } from './build.ts';

it.each([
  [true, 'unavailable'],
  [false, 'config'],
])(
  'a URL or key that cannot be had is a failure of the channel (recoverable: %s)',
  async (recoverable, reason) => {
    const failure: Resolved<never> = {
      ok: false,
      message: 'keyvault:https://ops.vault.azure.net/… did not answer',
      recoverable,
    };
    const url: Resolved = { ok: true, value: 'https://hooks.example.com/x' };
    const base = {
      kind: 'webhook' as const,
      runbookBase,
      post: { allowed: () => false, isRefusedAddress: () => false },
      clock: { now: () => night },
    };
    const noUrl = createSender({ ...base, url: async () => failure, signingKeys: async () => failure });
    const noKeys = createSender({ ...base, url: async () => url, signingKeys: async () => failure });
    const expected = { delivered: false, reason, recoverable, detail: failure.message };
    const { signal } = new AbortController();
    expect(await noUrl.deliver(message(), signal)).toEqual(expected);
    expect(await noKeys.deliver(message(), signal)).toEqual(expected);
  },
);
