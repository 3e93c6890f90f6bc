import { describe, expect, it } from 'vitest';
import { reasonProblem } from '../../shared/people/reason.ts';

const key = Buffer.from(Array.from({ length: 33 }, (_, i) => (i * 53 + 7) % 256));

const part = (value: object) => Buffer.from(JSON.stringify(value)).toString('base64url');

describe('a reason', () => {
  it.each([
    'all three nodes sealed after the node pool upgrade',
    'see https://grafana.example.com/d/AbCdEf0123456789AbCdEf0123456789AbCdEf01/vault?orgId=1',
    'rolled back commit 3f786850e387550fdab836ed7e6dc881de23001b',
    'pod vault-payments-production-westeurope-2-after-upgrade-to-1-21 came back sealed',
    'INC-2026-11-22: aks-nodepool1-12345678-vmss000002 evicted',
  ])('may be: %s', (reason) => {
    expect(reasonProblem(reason)).toBeUndefined();
  });

  it.each([
    ['nothing', ' \n'],
    ['too much', 'a'.repeat(501)],
  ])('is asked for where there is %s', (_, reason) => {
    expect(reasonProblem(reason)).toBe('say why, in 1 to 500 characters');
  });

  it('may be 500 characters, spaces around it not counted', () => {
    expect(reasonProblem(` ${'a b '.repeat(125)}  `)).toBeUndefined();
  });

  it.each([
    key.toString('base64'),
    key.toString('hex'),
    `key: ${key.toString('base64')}`,
    `hvs.${'CAESIJ0x'.repeat(4)}`,
    `s.${'a1B2c3D4'.repeat(3)}`,
    `hvs.~${'CAESIJ0x'.repeat(4)}`,
    `Abc8Q~${'x.y-z_~w'.repeat(4)}`,
    `secret=Abc8Q~${'x.y-z_~w'.repeat(4)}12`,
    `${part({ alg: 'RS256' })}.${part({ oid: 'ada', exp: 1 })}.${key.toString('base64url')}`,
    `${part({ alg: 'RS256' })}.${part({ oid: 'ada', exp: 1 })}`,
    `${part({ alg: 'dir', enc: 'A256GCM' })}..${'a1B2'.repeat(4)}.${'a1B2c3'.repeat(9)}.${'a1B2'.repeat(5)}`,
  ])('that holds a key is refused without repeating it: %s', (reason) => {
    const problem = reasonProblem(`unseal ${reason}`);
    expect(problem).toContain('looks like a key');
    expect(problem).not.toContain(reason.slice(-20));
  });
});
