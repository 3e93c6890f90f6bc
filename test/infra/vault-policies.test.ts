/** The lines of infra/vault/*.hcl are those that the documentation names: neither may say more than the other. */
import { readFileSync } from 'node:fs';
import { join } from 'node:path';
import { expect, it } from 'vitest';
import { infra } from './bicep/template.ts';

/** `path … { … }` lines, spaces made one. */
function lines(file: string, key = 'payments'): string[] {
  return [...readFileSync(file, 'utf8').matchAll(/^ *path +(\S+) +(\{.*\})/gm)]
    .map(([, path, rights]) => `${path} ${rights}`.replaceAll('KEY', key))
    .sort();
}

const policy = (name: string) => lines(join(infra, `vault/${name}.hcl`));
const docs = (page: string) => lines(join(infra, '../docs', page));

it('the probe has the lines of its runbook', () => {
  expect(policy('probe')).toEqual(docs('runbooks/probe-denied.md'));
});

it('rotate has the lines of docs/rotation.md, without the optional list of all accessors', () => {
  const optional = docs('rotation.md').filter((line) => line.startsWith('"auth/token/accessors"'));
  expect(optional).toHaveLength(1);
  expect([...policy('rotate-provider'), ...policy('rotate-step-down'), ...optional].sort()).toEqual(
    docs('rotation.md'),
  );
});

it('a seal has the lines of docs/readiness.md, where the login has one more', () => {
  const login = '"transit/keys/payments" { capabilities = ["read"] }';
  expect([...policy('seal'), login].sort()).toEqual(docs('readiness.md'));
});
