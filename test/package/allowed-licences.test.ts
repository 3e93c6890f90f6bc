/** What production installs, by package-lock.json and by the packages' own words, comes under licences that we took. */
import { existsSync, readFileSync } from 'node:fs';
import { join } from 'node:path';
import { describe, expect, it } from 'vitest';
import { root } from '../../package/apps.ts';

/** Permissive ones: they ask for their text, which the list in each package carries. Another one needs a decision. */
const allowed = ['MIT', 'Apache-2.0', 'BSD-2-Clause', 'BSD-3-Clause', 'ISC', '0BSD', 'BlueOak-1.0.0'];

interface Entry {
  dev?: boolean;
  link?: boolean;
  license?: string;
}

const lock = JSON.parse(readFileSync(join(root, 'package-lock.json'), 'utf8')) as {
  packages: Record<string, Entry>;
};
const production = Object.entries(lock.packages).filter(([path, { dev }]) => path !== '' && !dev);

describe('packages of production', () => {
  it('are there: the SDKs, the tokens, the schemas', () => {
    const paths = production.map(([path]) => path);
    for (const name of ['@azure/functions', '@azure/keyvault-keys', 'jose', 'undici', 'zod'])
      expect(paths).toContain(`node_modules/${name}`);
  });

  it('have a licence of the list, in the lock file', () => {
    const others = production.filter(([, { license }]) => !allowed.includes(license ?? ''));
    expect(others.map(([path, { license }]) => `${path}: ${license ?? 'none'}`)).toEqual([]);
  });

  it('say the same of themselves where they are installed', () => {
    const installed = production.filter(([path]) => existsSync(join(root, path, 'package.json')));
    expect(installed.length).toBeGreaterThan(50);
    const others = installed.flatMap(([path, { license }]) => {
      const own = JSON.parse(readFileSync(join(root, path, 'package.json'), 'utf8')) as Entry;
      return own.license === license ? [] : [`${path}: ${JSON.stringify(own.license)}, not ${license}`];
    });
    expect(others).toEqual([]);
  });
});
