/** What packages are made of, part by part. */
import { readFileSync } from 'node:fs';
import { join } from 'node:path';
import { crc32, inflateRawSync } from 'node:zlib';
import { describe, expect, it } from 'vitest';
import { apps, largestBytes, root } from '../../package/apps.ts';
import { differences, type Loaded } from '../../package/check.ts';
import { hostJsonOf, overlaid } from '../../package/host-json.ts';
import { licenceList, packageFolders } from '../../package/licences.ts';
import { mainSource } from '../../package/main-source.ts';
import { app } from '../../package/runtime/app.ts';
import { onFirstUse } from '../../package/runtime/on-first-use.ts';
import { zip } from '../../package/zip.ts';

describe('a handler', () => {
  it('is loaded with its first trigger, and gets what the trigger brings', async () => {
    let loads = 0;
    const load = async () => {
      loads += 1;
      if (loads === 1) app.timer('greet', { handler: (whom) => `hello ${String(whom)}` });
    };
    const greet = onFirstUse('greet', load);
    expect(loads).toBe(0);
    expect(await greet('ada')).toBe('hello ada');
    expect(await greet('grace')).toBe('hello grace');
  });

  it('fails by name where its file does not register it', async () => {
    await expect(onFirstUse('nobody', async () => undefined)()).rejects.toThrow(
      'function "nobody" is not in',
    );
  });

  it('is registered once', () => {
    const handler = () => undefined;
    app.http('once', { handler });
    expect(() => app.storageQueue('once', { handler })).toThrow('function "once" is registered twice');
  });
});

it('main registers what the files do, with their options, and imports none of them', () => {
  const functions = [{ name: 'a"b', kind: 'http', options: { route: 'x/{id}' } }] as const;
  const source = mainSource([{ file: 'functions/watch/a.ts', functions: [...functions] }]);
  expect(source).toContain(
    'app.http("a\\"b", {...{"route":"x/{id}"}, handler: onFirstUse("a\\"b", () => import(',
  );
  expect(source).not.toMatch(/^import .*functions\/watch/m);
});

it('a package is at most 10 MB: of millions of bytes, not of MiB', () =>
  expect(largestBytes).toBe(10_000_000));

describe('host.json', () => {
  it.each(apps)('of %s ends a run that hangs after five minutes', async (app) => {
    expect(await hostJsonOf(app)).toMatchObject({ functionTimeout: '00:05:00' });
  });

  it('keeps what an app does not say, and takes what it says', () => {
    const base = {
      version: '2.0',
      extensions: { queues: { batchSize: 8, maxDequeueCount: 5 } },
      list: [1, 2],
    };
    expect(overlaid(base, { extensions: { queues: { batchSize: 2 } }, list: [3] })).toEqual({
      version: '2.0',
      extensions: { queues: { batchSize: 2, maxDequeueCount: 5 } },
      list: [3],
    });
  });

  it.each(apps)(
    'of %s keeps every exception, request and log line, which is where an audit begins',
    async (app) => {
      const { logging } = (await hostJsonOf(app)) as {
        logging: { applicationInsights: { samplingSettings: { isEnabled: boolean; excludedTypes: string } } };
      };
      const { isEnabled, excludedTypes } = logging.applicationInsights.samplingSettings;
      const kept = excludedTypes.split(';');
      for (const type of ['Exception', 'Request', 'Trace'])
        expect(!isEnabled || kept.includes(type)).toBe(true);
    },
  );

  it.each(['rotate', 'recover'] as const)('of %s records no outgoing call', async (app) => {
    const { logging } = (await hostJsonOf(app)) as { logging: { applicationInsights: object } };
    expect(logging.applicationInsights).toMatchObject({
      enableDependencyTracking: false,
      samplingSettings: { isEnabled: false },
    });
  });

  it('has a reason for each line in docs/packages.md', () => {
    const page = readFileSync(join(root, 'docs/packages.md'), 'utf8');
    const files = ['host.json', ...apps.map((app) => `functions/${app}/host.json`)];
    const leaves = files.flatMap((file) => leavesOf(JSON.parse(readFileSync(join(root, file), 'utf8'))));
    for (const leaf of leaves) expect(page).toContain(`\`${leaf}\``);
  });
});

function leavesOf(value: object, path = ''): string[] {
  return Object.entries(value).flatMap(([name, each]: [string, unknown]) =>
    typeof each === 'object' && each !== null ? leavesOf(each, `${path}${name}.`) : [`${path}${name}`],
  );
}

describe('the check', () => {
  const status = {
    name: 'status',
    bindings: {
      a1: { type: 'httpTrigger', direction: 'in', route: 'status' },
      $return: { type: 'http', direction: 'out' },
    },
  };
  const agreed = {
    name: 'status',
    trigger: { type: 'httpTrigger', route: 'status' },
    outputs: ['http'],
    retry: null,
  };
  const loaded: Loaded = { files: ['main.mjs'], registrations: [status], late: 0, handles: [] };

  it('finds nothing where what is registered is what was agreed', () => {
    expect(differences(loaded, [agreed])).toEqual([]);
  });

  it.each<[string, Partial<Loaded>, { name: string }[], string]>([
    ['one that nobody agreed to', {}, [], 'function "status" is not in its manifest'],
    [
      'one that is missing',
      { registrations: [] },
      [agreed],
      'function "status" of its manifest is not registered',
    ],
    ['one twice', { registrations: [status, status] }, [agreed], 'function "status" is registered 2 times'],
    ['one too late', { late: 1 }, [agreed], '1 functions are registered after the start'],
    ['something left open', { handles: ['Timeout'] }, [agreed], 'loading it leaves open: Timeout'],
  ])('names %s', (_what, change, expected, problem) => {
    expect(differences({ ...loaded, ...change }, expected)).toEqual([problem]);
  });
});

describe('the licence list', () => {
  it('finds the package of a module, nested and scoped ones too', () => {
    const modules = [
      'shared/compose.ts',
      'node_modules/zod/v4/index.js',
      'node_modules/@azure/core-auth/dist/index.js',
      'node_modules/a/node_modules/b/lib/index.js',
    ];
    expect(packageFolders(modules)).toEqual([
      'node_modules/@azure/core-auth',
      'node_modules/a/node_modules/b',
      'node_modules/zod',
    ]);
  });

  it('has the text of each licence', async () => {
    const list = await licenceList(['node_modules/zod/v4/index.js']);
    expect(list).toMatch(/\n {2}zod \d+\.\d+\.\d+: MIT\n/);
    expect(list).toContain('Permission is hereby granted');
  });
});

it('a zip holds each file, by name and with its checksum, and no time', () => {
  const files = new Map([
    ['chunks/a.mjs', Buffer.from('export const a = 1;\n'.repeat(50))],
    ['host.json', Buffer.from('{}')],
  ]);
  const bytes = zip(files);
  expect(bytes.equals(zip(files))).toBe(true);
  let at = 0;
  for (const [path, content] of files) {
    expect(bytes.readUInt32LE(at)).toBe(0x04034b50);
    expect(bytes.readUInt32LE(at + 10)).toBe(0x00210000);
    expect(bytes.readUInt32LE(at + 14)).toBe(crc32(content));
    const [packed, nameLength] = [bytes.readUInt32LE(at + 18), bytes.readUInt16LE(at + 26)];
    expect(bytes.subarray(at + 30, at + 30 + nameLength).toString()).toBe(path);
    const body = at + 30 + nameLength;
    expect(inflateRawSync(bytes.subarray(body, body + packed)).equals(content)).toBe(true);
    at = body + packed;
  }
  expect(bytes.readUInt32LE(at)).toBe(0x02014b50);
  const end = bytes.length - 22;
  expect([bytes.readUInt32LE(end), bytes.readUInt16LE(end + 10), bytes.readUInt32LE(end + 16)]).toEqual([
    0x06054b50,
    2,
    at,
  ]);
});
