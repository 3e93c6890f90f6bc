import { existsSync, readFileSync } from 'node:fs';
import { resolve } from 'node:path';
import { expect, it } from 'vitest';
import { goOn } from '../../demo/go-on.ts';

const root = resolve(import.meta.dirname, '../..');

it('says how to go on in the order of doing it, with what is there', () => {
  const [example, edit, start] = ['cp fleet.example.yaml fleet.yaml', 'edit fleet.yaml', 'npm start'].map(
    (what) => goOn.findIndex((line) => line.includes(what)),
  );
  expect([example, edit, start]).toEqual([1, 2, 3]);
  expect(existsSync(resolve(root, 'fleet.example.yaml'))).toBe(true);
  expect(readFileSync(resolve(root, 'package.json'), 'utf8')).toMatch(/"start": "/);
});
