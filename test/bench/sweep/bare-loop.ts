/** The floor: one keep-alive Pool a node that only fetches and parses sys/health. */
import { Pool } from 'undici';
import { serveRounds } from './rounds.ts';

serveRounds(async ({ addresses, ca, serverName }) => {
  let pools: Pool[] | undefined;
  return async () => {
    pools ??= addresses.map(
      (address) =>
        new Pool(address, {
          connections: 1,
          keepAliveTimeout: 120_000,
          keepAliveMaxTimeout: 120_000,
          connect: { ca, ...(serverName !== undefined && { servername: serverName }) },
        }),
    );
    await Promise.all(
      pools.map(async (pool) => {
        const { body } = await pool.request({ path: '/v1/sys/health', method: 'GET' });
        await body.json();
      }),
    );
  };
});
