/** Every command of the docs is one that `sealwatch` understands as it stands there. */
import { globSync, mkdtempSync, readFileSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterAll, describe, expect, it } from 'vitest';
import { run } from '../../cli/run.ts';

const folder = mkdtempSync(join(tmpdir(), 'sealwatch-documented-'));
afterAll(() => rmSync(folder, { recursive: true }));

/** What stands for something of the reader's own. */
const placeholders: Record<string, string> = { C: 'payments', CLUSTER: 'payments', ID: 'payments.0' };

const called = '(?:sealwatch|npm run (?:--silent )?sealwatch --)';
/** In a line of its own, or in backticks, which may go over the end of a line. */
const forms = [new RegExp(`^${called} ([^\\n#]*)`, 'gm'), new RegExp(`\`${called} ([^\`]*)\``, 'g')];

/** Those with an option: without one it is the name of a command. */
const commands = ['README.md', ...globSync('docs/**/*.md')].flatMap((file) => {
  const text = readFileSync(file, 'utf8');
  return forms
    .flatMap((form) => [...text.matchAll(form)])
    .map(([, words = '']) => words.replace(/\s+/g, ' ').trim())
    .filter((words) => words.includes(' --'))
    .map((words) => [words, file] as const);
});

function split(words: string): string[] {
  return [...words.matchAll(/"([^"]*)"|(\S+)/g)].map(([, quoted, word = '']) => {
    return quoted ?? placeholders[word] ?? word;
  });
}

describe('the docs', () => {
  it('name commands of every group', () => {
    const names = commands.map(([words]) => words.split(' --')[0]);
    expect(names).toEqual(
      expect.arrayContaining([
        'escrow import',
        'escrow export',
        'request',
        'recover',
        'hold',
        'escrow rewrap',
        'readiness',
        'rotation list',
        'rotation run payments transit-token',
        'rotation rollback ID',
      ]),
    );
    expect(commands.length).toBeGreaterThan(15);
  });

  it.each(commands)('%s (%s)', async (words) => {
    const lines: string[] = [];
    const say = (line: string) => void lines.push(line);
    const nobody = async () => undefined;
    const terminal = { say, complain: say, interactive: false, ask: nobody, hidden: nobody };
    const env = {
      SEALWATCH_FLEET: join(folder, 'fleet.yaml'),
      SEALWATCH_ISSUER_FILE: join(folder, 'issuer.pem'),
      // Nobody listens there.
      SEALWATCH_STORAGE: ['Table', 'Blob', 'Queue']
        .map((kind) => `${kind}Endpoint=http://127.0.0.1:1/a;`)
        .join('')
        .concat('AccountName=a;AccountKey=YWJj;'),
    };
    const context = { env, world: {}, terminal: { ...terminal, input: async () => Buffer.alloc(0) } };
    expect(await run(split(words), context), lines.join('\n')).not.toBe(2);
  });
});
