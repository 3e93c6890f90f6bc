import { describe, expect, it } from 'vitest';
import { readSettings } from '../../shared/compose/settings.ts';

const enough = { SEALWATCH_STORAGE: 'UseDevelopmentStorage=true' };

describe('deployment settings', () => {
  it('have safe defaults: no file references, no Key Vaults, no endpoints besides the chat services', () => {
    expect(readSettings(enough)).toEqual({
      fleet: { shown: 'fleet.yaml' },
      schedule: '*/30 * * * * *',
      intervalMs: 30_000,
      storage: { connectionString: 'UseDevelopmentStorage=true' },
      limits: { envPrefix: 'SEALWATCH_SECRET_', keyVaults: [], escrowVaults: [], endpointHosts: [] },
      logLevel: 'info',
    });
  });

  it('take the interval from the schedule, the longest pause of an uneven one', () => {
    const interval = (schedule: string) =>
      readSettings({ ...enough, SEALWATCH_SCHEDULE: schedule }).intervalMs;
    expect(interval('*/5 * * * * *')).toBe(5000);
    expect(interval('0 */2 * * * *')).toBe(120_000);
    expect(interval('0,10 * * * * *')).toBe(50_000);
  });

  it.each(['* * * * *', 'every minute', '99 * * * * *', ''])(
    'refuse %j as a schedule, and name the variable',
    (schedule) => {
      expect(() => readSettings({ ...enough, SEALWATCH_SCHEDULE: schedule })).toThrow(
        'SEALWATCH_SCHEDULE: is not a six-field NCRONTAB expression',
      );
    },
  );

  it('want either a connection string or all three service addresses', () => {
    expect(() => readSettings({})).toThrow('SEALWATCH_STORAGE: set a connection string, or');
    expect(() =>
      readSettings({ SEALWATCH_STORAGE__tableServiceUri: 'https://a.table.core.windows.net' }),
    ).toThrow('SEALWATCH_STORAGE');
    const uris = {
      SEALWATCH_STORAGE__tableServiceUri: 'https://a.table.core.windows.net',
      SEALWATCH_STORAGE__blobServiceUri: 'https://a.blob.core.windows.net',
      SEALWATCH_STORAGE__queueServiceUri: 'https://a.queue.core.windows.net',
    };
    expect(readSettings({ ...uris, SEALWATCH_STORAGE__clientId: 'id' }).storage).toEqual({
      tables: 'https://a.table.core.windows.net',
      blobs: 'https://a.blob.core.windows.net',
      queues: 'https://a.queue.core.windows.net',
      clientId: 'id',
    });
  });

  it('refuse what is no connection string, without repeating it', () => {
    const attempt = (): unknown => readSettings({ SEALWATCH_STORAGE: 'hunter2' });
    expect(attempt).toThrow('SEALWATCH_STORAGE: is not a storage connection string');
    expect(attempt).not.toThrow('hunter2');
  });

  it('name every variable that is wrong at once, and never a value', () => {
    const env = { SEALWATCH_RUNBOOKS: 'hunter2', SEALWATCH_ENV_PREFIX: '-', SEALWATCH_FILE_ROOT: 'hunter2' };
    const attempt = (): unknown => readSettings({ ...enough, ...env });
    expect(attempt).toThrow(/SEALWATCH_RUNBOOKS.*SEALWATCH_ENV_PREFIX.*SEALWATCH_FILE_ROOT/);
    expect(attempt).not.toThrow('hunter2');
  });
});
