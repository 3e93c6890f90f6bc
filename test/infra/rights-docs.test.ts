/** docs/infra.md and docs/upgrade.md: commands that take a right away, that try an alarm, and that upgrade, name what is there. */
import { readFileSync } from 'node:fs';
import { join } from 'node:path';
import { describe, expect, it } from 'vitest';
import { deploy, madeOf } from './bicep/deploy.ts';
import { infra, readTemplates, templateAt } from './bicep/template.ts';
import { people } from './design.ts';
import { deployed } from './rights.ts';
import { builtIn } from './roles.ts';

const read = (path: string) => readFileSync(join(infra, '..', path), 'utf8');
const sectionOf = (text: string, title: string) => text.split(`\n## ${title}\n`)[1]?.split('\n## ')[0] ?? '';
const commandsOf = (text: string) =>
  [...text.matchAll(/^ *```\n([\s\S]*?)^ *```$/gm)]
    .flatMap(([, body = '']) => body.replaceAll(/\\\n\s*/g, '').split('\n'))
    .map((line) => line.trim());

const guide = read('docs/infra.md');
const custodian = deploy('custodian.bicep', {
  vaultName: 'VAULT',
  recoverPrincipalId: 'recover',
  breakGlassGroupId: 'break-glass',
  requestEligibility: true,
  alertEmails: ['owner@example.com'],
});
const [key] = madeOf(custodian, 'Microsoft.KeyVault/vaults/keys').map(({ name }) => name.split('/')[1]);

describe('taking a right away', () => {
  const section = sectionOf(guide, 'Taking a right away');
  const script = readFileSync(join(infra, 'take-away.sh'), 'utf8');

  it('has a way for each group that main.bicep gives rights, for importers and break-glass at a custodian, and for deployers', () => {
    const rows = section.split('\n').filter((line) => line.startsWith('| '));
    // As the parameters are written: fleet-writers is fleetWriters.
    const parameters = Object.keys(people).map((group) =>
      group.replaceAll(/-(\w)/g, (_, one: string) => one.toUpperCase()),
    );
    expect(parameters).toContain('fleetWriters');
    const ofGroups = rows.find((row) => row.includes('a group of'));
    for (const name of parameters) expect(ofGroups).toContain(`\`${name}\``);
    for (const who of ['importers at a custodian', 'break-glass at a custodian', 'a deployer', 'an app'])
      expect(rows.some((row) => row.startsWith(`| ${who}`) && row.includes('take-away.sh'))).toBe(true);
  });

  it('uses the script with options that it has', () => {
    const used = new Set(section.match(/--(?:group|of|on|apply)\b/g));
    expect(used.size).toBe(4);
    for (const option of used) expect(script).toContain(` ${option}) `);
  });

  it('names the identity, its way in from GitHub, the key and the role as the templates make them', () => {
    const commands = commandsOf(section).join('\n');
    const [way] = madeOf(
      deployed,
      'Microsoft.ManagedIdentity/userAssignedIdentities/federatedIdentityCredentials',
    );
    const [identity, credential] = way?.name.split('/') ?? [];
    expect(commands).toContain(`--identity-name ${identity} -n ${credential} `);
    expect(commands).toContain(`-n ${identity} --query principalId`);
    expect(commands).toContain(`/keys/${key}\n`);
    const [asked] = madeOf(custodian, 'Microsoft.Authorization/roleEligibilityScheduleRequests');
    if (!asked) throw new Error('nobody is eligible');
    const { roleDefinitionId } = asked.fields['properties'] as { roleDefinitionId: string };
    expect(commands).toContain(`Microsoft.Authorization/${roleDefinitionId}"`);
    expect(Object.keys(builtIn).some((id) => roleDefinitionId.endsWith(id))).toBe(true);
  });

  it('is where people read of groups: no page says that a right ends with a parameter', () => {
    expect(guide).not.toContain('the rights stand as long as');
    for (const path of ['docs/deploy.md', 'docs/upgrade.md'])
      expect(read(path)).toContain('infra.md#taking-a-right-away');
    expect(sectionOf(guide, 'Who may what')).toContain('#taking-a-right-away');
  });
});

describe('the drill of a custodian', () => {
  const section = sectionOf(guide, 'What custodians are told');

  it('tries an unwrap with this key, and waits for the mail of a rule that there is', () => {
    const [drill = ''] = commandsOf(section).filter((line) => line.startsWith('az rest'));
    expect(drill).toContain(`/keys/${key}/${'0'.repeat(32)}/unwrapkey?`);
    const rules = madeOf(custodian, 'Microsoft.Insights/scheduledQueryRules').map(({ name }) => name);
    const [, rule] = /a mail of `([\w-]+)`/.exec(section) ?? [];
    expect(rules).toContain(rule);
  });

  it('is asked for where custodians are deployed', () => {
    expect(read('docs/deploy.md')).toContain('[the drill](infra.md#what-custodians-are-told)');
  });
});

describe('an upgrade', () => {
  const text = read('docs/upgrade.md');
  const steps = sectionOf(text, 'Upgrade').split(/^(?=\d\. )/m);

  it('deploys the infrastructure, after a look at what changes, before any package', async () => {
    const at = (words: string) => steps.findIndex((step) => step.includes(words));
    const step = at('az deployment group create');
    expect(step).toBeGreaterThan(0);
    expect(at('**recover, then rotate, then watch**')).toBe(step + 1);
    const [look = '', deploys = '', ...more] = commandsOf(steps[step] ?? '');
    expect(more.filter((line) => line.startsWith('az '))).toEqual([]);
    expect(look).toMatch(/^az deployment group what-if /);
    expect(deploys).toMatch(/^az deployment group create /);
    const templates = await readTemplates();
    for (const line of [look, deploys]) {
      const [, path = ''] = / -f infra\/(\S+) -p YOUR\.bicepparam/.exec(line) ?? [];
      expect(templateAt(templates, path).path).toBe('main.bicep');
    }
    // "out" of docs/deploy.md reads the deployment of this name.
    expect(deploys).toContain(' -n main ');
  });

  it('is undone with the packages first, and the infrastructure stays', () => {
    const [first = ''] = sectionOf(text, 'Rollback').trim().split('\n\n');
    expect(first).toMatch(/^Packages go back first, and the infrastructure stays/);
  });
});
