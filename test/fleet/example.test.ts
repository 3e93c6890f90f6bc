import { spawnSync } from 'node:child_process';
import { readFileSync } from 'node:fs';
import { Ajv } from 'ajv';
import { describe, expect, it } from 'vitest';
import { isMap, isPair, isScalar, parse, parseDocument, visit } from 'yaml';
import { fleetJsonSchema } from '../../shared/fleet/schema.ts';
import { fleetOf, toldOf } from './builders.ts';
import { fields } from './schema-fields.ts';

const root = new URL('../../', import.meta.url);
const example = readFileSync(new URL('fleet.example.yaml', root), 'utf8');
const docs = readFileSync(new URL('docs/fleet.md', root), 'utf8');
const written: unknown = JSON.parse(readFileSync(new URL('fleet.schema.json', root), 'utf8'));

/** "clusters.*.nodes[].address" of every pair of a YAML text; names of clusters, channels and labels are "*". */
function pathsOf(text: string): Set<string> {
  const paths = new Set<string>();
  visit(parseDocument(text), {
    Pair(_, pair, ancestors) {
      const parts = [...ancestors, pair].flatMap((node, index, all) => {
        if (isPair(node) && isScalar(node.key)) return [String(node.key.value)];
        return Array.isArray(all) && index > 0 && !isMap(node) && !isPair(node) && isPair(all[index - 1])
          ? ['[]']
          : [];
      });
      paths.add(
        parts
          .join('.')
          .replaceAll('.[]', '[]')
          .replace(/^(clusters|channels)\.[^.]+/, '$1.*')
          .replace(/\.labels\..*/, '.labels.*')
          .replace(/\.custodians\.[^.]+/, '.custodians.*')
          .replace(/\.sinks\.[^.]+/, '.sinks.*'),
      );
    },
  });
  return paths;
}

describe('fleet.schema.json', () => {
  it('is what `npm run schema` would write', () => {
    expect(written).toEqual(JSON.parse(JSON.stringify(fleetJsonSchema())));
    const run = spawnSync(process.execPath, ['check/schema.ts', '--check'], { cwd: root, encoding: 'utf8' });
    expect({ status: run.status, stderr: run.stderr }).toEqual({ status: 0, stderr: '' });
  });

  it('describes every field', () => {
    expect(fields().filter(({ schema }) => !schema.description)).toEqual([]);
  });

  const validate = new Ajv({ allErrors: true }).compile(written as object);

  it('accepts the example', () => {
    validate(parse(example));
    expect(validate.errors).toBeNull();
  });

  it.each([
    'version: 2',
    'version: 1\nclusters: {}',
    'version: 1\nclusters: {A: {nodes: ["https://v"]}}',
    'version: 1\nclusters: {a: {nodes: ["https://v/path"]}}',
    'version: 1\nclusters: {a: {nodes: ["https://v"], tls: {clientKey: literal}}}',
    'version: 1\nclusters: {a: {nodes: ["https://v"], nots: 1}}',
  ])('refuses what the parser refuses: %s', (text) => {
    expect(validate(parse(text))).toBe(false);
    expect(toldOf(text)).not.toEqual([]);
  });
});

describe('fleet.example.yaml', () => {
  it('names its schema on the first line, for editors', () => {
    expect(example.split('\n')[0]).toBe('# yaml-language-server: $schema=./fleet.schema.json');
  });

  it('is a good file', () => {
    expect(fleetOf(example).clusters.map(({ name }) => name)).toEqual([
      'payments',
      'root',
      'edge',
      'cloud',
      'lab',
    ]);
  });

  it('shows every field', () => {
    const shownPaths = pathsOf(example);
    expect(
      fields()
        .map(({ path }) => path)
        .filter((path) => !shownPaths.has(path)),
    ).toEqual([]);
  });

  it('shows the defaults of what is for the whole fleet', () => {
    const bare = fleetOf('version: 1\nclusters: {a: {nodes: [https://v:8200]}}\n');
    const full = fleetOf(example);
    expect(full.probe).toEqual(bare.probe);
    expect(full.alerts).toEqual(bare.alerts);
    expect(full.clusters[1]?.thresholds).toEqual(bare.clusters[0]?.thresholds);
  });
});

describe('docs/fleet.md', () => {
  const rows = new Map(
    docs.split('\n').flatMap((line) => {
      const [, path, , standard] = /^\| `([^`]+)` \| ([^|]+) \| ([^|]+) \|/.exec(line) ?? [];
      return path === undefined ? [] : [[path, standard?.trim()] as const];
    }),
  );

  it('has a row for every field, and for nothing else', () => {
    const paths = fields().map(({ path }) => path.replaceAll('.*', '.<name>'));
    expect([...rows.keys()].toSorted()).toEqual(paths.toSorted());
  });

  it('states the defaults of the schema', () => {
    for (const { path, schema, defaults } of fields()) {
      if (schema.default === undefined || typeof schema.default === 'object') continue;
      const said = rows.get(path.replaceAll('.*', '.<name>'));
      const plain = defaults.map((one) => `\`${JSON.stringify(one).replaceAll('"', '')}\``);
      if (/^clusters\.\*\.(login|rotateLogin)\.mount$/.test(path))
        expect(said).toBe('the name of the method');
      else if (plain.length === 1) expect(said, path).toBe(plain[0]);
      else for (const each of plain) expect(said, path).toContain(each);
    }
  });
});
