import { expect, test } from 'vitest';
import { matchRoute, moreLiteralFirst, parseRoute } from '../../host/route.ts';

const route = parseRoute('api/clusters/{cluster}/quiet/{id}');

test('parameters are what stands in their segments, decoded', () => {
  expect(matchRoute(route, '/api/clusters/pay%20ments%2F1/quiet/7')).toEqual({
    cluster: 'pay ments/1',
    id: '7',
  });
});

test('literals match in any case, as on Azure Functions', () => {
  expect(matchRoute(route, '/API/Clusters/a/QUIET/b/')).toEqual({ cluster: 'a', id: 'b' });
});

test.for([
  '/',
  '/api/clusters/a/quiet',
  '/api/clusters/a/quiet/b/c',
  '/api/clusters/a/loud/b',
  '/api/clusters/%zz/quiet/b',
])('%s is another path', (path) => {
  expect(matchRoute(route, path)).toBeUndefined();
});

test.for(['{id:int}', '{*rest}', '{id?}', 'a{b}c', '{}', '{', 'a|b'])(
  'the route part %s is refused by name',
  (part) => {
    expect(() => parseRoute(`api/${part}`)).toThrow(part);
  },
);

test('routes are of one shape when they serve the same paths', () => {
  expect(parseRoute('a/{x}').shape).toBe(parseRoute('/A/{y}/').shape);
  expect(parseRoute('a/{x}').shape).not.toBe(parseRoute('a/b').shape);
});

test('a literal goes before a parameter', () => {
  const sorted = ['c/{a}/{b}', 'c/{a}/x', 'c/all/{b}'].map(parseRoute).sort(moreLiteralFirst);
  expect(sorted.map(({ shape }) => shape)).toEqual(['/c/all/{}', '/c/{}/x', '/c/{}/{}']);
});
