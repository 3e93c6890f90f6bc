/** docs/deploy.md, "Packages for private apps": what it opens, deletes and closes is what the templates make. */
import { readFileSync } from 'node:fs';
import { join } from 'node:path';
import { describe, expect, it } from 'vitest';
import { apps as packaged } from '../../package/apps.ts';
import { type Deployed, deploy, madeOf } from './bicep/deploy.ts';
import { isObject, type Known, listOf, memberOf, shown } from './bicep/known.ts';
import { plain } from './bicep/plain.ts';
import { infra, readTemplates, templateAt } from './bicep/template.ts';

const read = (path: string) => readFileSync(join(infra, '..', path), 'utf8');
const guide = read('docs/infra.md');
const section = read('docs/deploy.md').split('\n## Packages for private apps\n')[1]?.split('\n## ')[0] ?? '';
const templates = await readTemplates();

const siteType = 'Microsoft.Web/sites';
const presets = ['main.private-network.bicepparam', 'main.large-fleet.bicepparam'];
const given = (preset: string): Record<string, Known> =>
  Object.fromEntries(
    templateAt(templates, preset).declarations.map(({ name, value }) => [name, plain(value)]),
  );
const opening = { publicHttp: true, httpAddresses: ['203.0.113.7/32'] };

const access = (from: Deployed) =>
  madeOf(from, siteType).map(({ fields }) =>
    shown(memberOf(fields['properties'] ?? null, 'publicNetworkAccess')),
  );
const allEndpoints = (from: Deployed) =>
  madeOf(from, 'Microsoft.Network/privateEndpoints').map(({ name }) => name);
const subnets = (from: Deployed) =>
  madeOf(from, 'Microsoft.Network/virtualNetworks')
    .flatMap(({ fields }) => listOf(memberOf(fields['properties'] ?? null, 'subnets')))
    .flatMap((subnet) => (isObject(subnet) && isObject(subnet['properties'] ?? null) ? [subnet] : []))
    .map(({ name, properties }) => ({ name: shown(name ?? ''), properties: properties ?? null }));

describe.for(presets)('%s', (preset) => {
  const closed = deploy('main.bicep', given(preset));
  const opened = deploy('main.bicep', { ...given(preset), ...opening });

  it('has the endpoints that are deleted, each by its name, and no other is of an app', () => {
    const [, name = ''] = /network private-endpoint delete -g sealwatch -n "([^"]+)"/.exec(section) ?? [];
    expect(name).toContain('$name');
    const deleted = madeOf(closed, siteType).map((site) => name.replace('$name', site.name));
    expect(deleted).toHaveLength(packaged.length);
    // Opened, the templates neither make them nor need them; what storage is reached by stays.
    const kept = allEndpoints(closed).filter((one) => !deleted.includes(one));
    expect([...kept, ...deleted].sort()).toEqual(allEndpoints(closed).sort());
    expect(allEndpoints(opened)).toEqual(kept);
  });

  it('is opened by the two parameters that the section names, and closed without them', () => {
    for (const parameter of Object.keys(opening)) expect(section).toContain(parameter);
    expect(access(closed)).toEqual(packaged.map(() => 'Disabled'));
    expect(access(opened)).toEqual(packaged.map(() => 'Enabled'));
  });

  it('says that packages may not arrive', () => {
    expect(templateAt(templates, preset).text).toContain('docs/deploy.md, "Packages for private apps"');
  });

  it('has no service endpoint of App Service: it would lead calls past a firewall, and help no private app', () => {
    expect(subnets(closed).length).toBeGreaterThan(packaged.length);
    for (const { name, properties } of subnets(closed))
      expect(shown(isObject(properties) ? (properties['serviceEndpoints'] ?? '') : ''), name).not.toContain(
        'Microsoft.',
      );
  });
});

it('it deploys every package, recover first and watch last', () => {
  const [, order = ''] = /^for app in (.*); do$/m.exec(section) ?? [];
  expect(order.split(' ')).toEqual(packaged.toReversed());
  const steps = ['private-endpoint delete', 'config-zip -g sealwatch -n "$name" --src "build/$app.zip"'];
  const at = steps.map((step) => section.indexOf(step));
  expect(at.every((one, i) => one > (at[i - 1] ?? 0))).toBe(true);
});

it('it names the issue and is listed as not run; both guides lead there from where packages are deployed', () => {
  expect(section).toContain('https://github.com/Azure/Azure-Functions/issues/2635');
  const notRun = guide.split('**Not run here**')[1] ?? '';
  expect(notRun).toContain('deploy.md#packages-for-private-apps');
  const [, step = ''] = read('docs/deploy.md').split('### 8. ');
  expect(step.split('### 9. ')[0]).toContain('](#packages-for-private-apps)');
});

it('where a fixed address does not hold is said: a subnet may have both it and the service endpoint', () => {
  const both = deploy('main.bicep', {
    ...given('main.private-network.bicepparam'),
    ...opening,
    fixedOutbound: true,
  });
  const having = subnets(both).filter(
    ({ properties }) =>
      isObject(properties) &&
      properties['natGateway'] &&
      shown(properties['serviceEndpoints'] ?? '').includes('Microsoft.Web'),
  );
  expect(having.map(({ name }) => name)).toEqual([...packaged]);
  const said = guide.split('\n- ').filter((item) => item.startsWith('`fixedOutbound`'));
  expect(said).toEqual([expect.stringMatching(/`publicHttp` is true[^]*service endpoint[^]*NAT gateway/)]);
});
