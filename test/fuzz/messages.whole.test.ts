/** A queue's message of any text, read as the Functions library reads it, is a cluster's name or nothing. */
import * as fc from 'fast-check';
import { afterAll, beforeAll, beforeEach, describe, expect, it } from 'vitest';
import { canary } from './bodies.ts';
import { errorsIn, type LoadedApps, loadApps } from './loaded-apps.ts';

/** A queue's function each; the poison queues are read, too. */
const queues = ['notify', 'probe', 'turns', 'steps'].flatMap((queue) => [queue, `${queue}-poison`]);
/** The service's limit of a message, bytes. */
const largest = 64 * 1024;

let apps: LoadedApps;
beforeAll(async () => {
  apps = await loadApps();
}, 60_000);
afterAll(() => apps.close());
beforeEach(() => {
  apps.lines.length = 0;
});

function functionOf(queue: string) {
  const found = apps.functions.find(({ trigger }) => trigger.kind === 'queue' && trigger.queue === queue);
  if (!found) throw new Error(`no function reads ${queue}`);
  return found;
}

const texts = fc.oneof(
  fc.string({ unit: 'binary', maxLength: 100 }),
  fc.jsonValue({ maxDepth: 3 }).map((value) => JSON.stringify(value)),
  fc.constantFrom(
    '',
    'null',
    'true',
    '1e3',
    ' payments',
    'payments\n',
    'payments\u0000',
    'payments/../orders',
    'PAYMENTS',
    '__proto__',
    '{"__proto__":{"polluted":true}}',
    `{"cluster":"payments","token":"${canary}"}`,
    `"${canary}"`,
    '["payments"]',
    Buffer.from('payments').toString('base64'),
    'a'.repeat(64),
    canary.repeat(6000),
    '['.repeat(largest / 2) + ']'.repeat(largest / 2),
    `${'{"a":'.repeat(10_000)}1${'}'.repeat(10_000)}`,
    '\ud800',
    '\ufeffpayments',
  ),
);

it('every queue of the apps is fuzzed', () => {
  const read = apps.functions.flatMap(({ trigger }) => (trigger.kind === 'queue' ? [trigger.queue] : []));
  expect(read.sort()).toEqual([...queues].sort());
});

describe.each(queues.map((queue) => ({ queue })))('$queue', ({ queue }) => {
  it('takes any text, and puts none of it into the log', async () => {
    const hosted = functionOf(queue);
    await fc.assert(
      fc.asyncProperty(texts, async (text) => {
        apps.lines.length = 0;
        await apps.deliver(hosted, text.slice(0, largest));
        expect(apps.lines.join('\n')).not.toContain(canary);
        const errors = errorsIn(apps.lines).map(({ event }) => event);
        expect(errors).toEqual(queue.endsWith('-poison') ? ['nudge-poisoned'] : []);
        expect(Reflect.has(Object.prototype, 'polluted')).toBe(false);
      }),
      { numRuns: 80 },
    );
  });

  it.each(['payments', '"payments"', 'nobody'])('does its work for %s, which is a name', async (text) => {
    await apps.deliver(functionOf(queue), text);
    expect(apps.lines.join('\n')).not.toMatch(/function-failed|nudge-malformed/);
  });
});
