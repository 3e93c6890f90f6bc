import { readFileSync } from 'node:fs';
import { expect, test } from 'vitest';
import { readHostJson } from '../../host/host-json.ts';

const queues = { messageEncoding: 'none' };

test("the repository's host.json can be followed", () => {
  const own: unknown = JSON.parse(readFileSync('host.json', 'utf8'));
  expect(readHostJson(own)).toEqual({
    routePrefix: 'api',
    queues: { maxPollingInterval: 2000, visibilityTimeout: 30, maxDequeueCount: 5, batchSize: 8 },
  });
});

test("what is left out is the Functions host's default", () => {
  expect(readHostJson({ version: '2.0', extensions: { queues } })).toEqual({
    routePrefix: 'api',
    queues: { maxPollingInterval: 60_000, visibilityTimeout: 0, maxDequeueCount: 5, batchSize: 16 },
  });
});

test.for([
  [{}, 'extensions.queues.messageEncoding'],
  [{ extensions: { queues: { messageEncoding: 'base64' } } }, 'must be "none"'],
  [{ extensions: { queues: { ...queues, visibilityTimeout: '30' } } }, 'extensions.queues.visibilityTimeout'],
  [{ extensions: { queues: { ...queues, batchSize: 33 } } }, 'extensions.queues.batchSize'],
] as const)('%j is refused: %s', ([json, named]) => {
  expect(() => readHostJson(json)).toThrow(named);
});

test('the route prefix is taken without slashes, and may be empty', () => {
  const prefixed = (routePrefix: string) =>
    readHostJson({ extensions: { queues, http: { routePrefix } } }).routePrefix;
  expect(prefixed('/v1/')).toBe('v1');
  expect(prefixed('')).toBe('');
});
