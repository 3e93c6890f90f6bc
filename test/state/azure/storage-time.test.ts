import { createServer } from 'node:http';
import type { AddressInfo } from 'node:net';
import { afterEach, describe, expect, it } from 'vitest';
import { systemClock } from '../../../shared/compose/clock.ts';
import { storageTime } from '../../../shared/state/azure/storage-time.ts';

const closing: (() => void)[] = [];
afterEach(() => {
  for (const close of closing.splice(0)) close();
});

/** Answers every question for a row like this. */
async function table(status: number, code: string, date: string | undefined) {
  const server = createServer({}, (_request, response) => {
    response.sendDate = false;
    response.writeHead(status, { 'content-type': 'application/json', ...(date !== undefined && { date }) });
    response.end(JSON.stringify({ 'odata.error': { code, message: { value: code } } }));
  });
  await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve));
  closing.push(() => server.close());
  const { port } = server.address() as AddressInfo;
  const account = 'DefaultEndpointsProtocol=http;AccountName=a;AccountKey=YWJj';
  return { connectionString: `${account};TableEndpoint=http://127.0.0.1:${port}/a;` };
}

describe('the time of storage', () => {
  it('is that of its answer, also where it says that there is no such row', async () => {
    const settings = await table(404, 'ResourceNotFound', 'Sun, 22 Nov 2026 02:00:07 GMT');
    expect(await storageTime(settings, systemClock)).toBe(Date.UTC(2026, 10, 22, 2, 0, 7));
  });

  it.each([undefined, 'yesterday'])('is unknown where its answer says %s', async (date) => {
    const settings = await table(404, 'ResourceNotFound', date);
    expect(await storageTime(settings, systemClock)).toBeUndefined();
  });

  it('is not asked of storage that lets nobody in: that is told as what it is', async () => {
    const settings = await table(403, 'AuthorizationFailure', 'Sun, 22 Nov 2026 02:00:07 GMT');
    await expect(storageTime(settings, systemClock)).rejects.toMatchObject({ code: 'denied' });
  });
});
