import { expect, test } from 'vitest';
import { nodeTooOld } from '../../cli/node-version.ts';

test.for(['v20.19.5', 'v22.18.0', 'v18.0.0'])('%s is too old: one line says what is needed', (version) => {
  expect(nodeTooOld(version)).toMatch(new RegExp(`^.*22\\.19.*${version}.*through npm.*$`));
});

test.for(['v22.19.0', 'v22.20.1', 'v24.0.0', process.version])('%s will do', (version) => {
  expect(nodeTooOld(version)).toBeUndefined();
});
