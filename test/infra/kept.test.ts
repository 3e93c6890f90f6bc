/** What cannot be taken away again, for how long, and what a later deployment leaves alone. */
import { describe, expect, it } from 'vitest';
import { condition, declared, plain } from './bicep/plain.ts';
import { readTemplates, templateAt, variable } from './bicep/template.ts';
import { bodyOf } from './bicep/value.ts';

const templates = await readTemplates();
const at = (path: string) => templateAt(templates, path);
const storage = at('modules/data-storage.bicep');
const main = at('main.bicep');
const custodian = at('custodian.bicep');

describe('escrow and audit', () => {
  it('are immutable for as many days as the deployment says, a year unless it says otherwise', () => {
    expect(plain(variable(storage, 'kept'))).toEqual([
      { name: 'escrow', days: '=escrowDays' },
      { name: 'audit-rotate', days: '=auditDays' },
      { name: 'audit-recover', days: '=auditDays' },
    ]);
    const { parent, properties } = bodyOf(declared(storage, 'resource', 'keptFor').value);
    expect(plain(parent)).toBe('=keptOf[i]');
    expect(plain(properties)).toEqual({
      immutabilityPeriodSinceCreationInDays: '=container.days',
      allowProtectedAppendWrites: false,
    });
    const days = ['escrowDays', 'auditDays'];
    expect(days.map((name) => plain(declared(main, 'param', name).value))).toEqual([365, 365]);
    expect(plain(bodyOf(declared(main, 'module', 'data').value)['params'])).toMatchObject({
      escrowDays: '=escrowDays',
      auditDays: '=auditDays',
      immutabilityLocked: '=immutabilityLocked',
    });
  });

  it('keep their policy where a person locked it: a deployment that wrote it would be refused', () => {
    expect(condition(declared(storage, 'resource', 'keptFor'))).toBe(
      'for (container, i) in kept: if (!immutabilityLocked)',
    );
    expect(plain(declared(main, 'param', 'immutabilityLocked').value)).toBe(false);
    // The containers themselves are deployed on.
    expect(condition(declared(storage, 'resource', 'keptOf'))).toBe('for container in kept');
  });

  it('are in an account that nobody deletes by mistake', () => {
    const lock = declared(storage, 'resource', 'lock');
    expect(condition(lock)).toBe('');
    expect(plain(bodyOf(lock.value))).toMatchObject({
      scope: '=account',
      properties: { level: 'CanNotDelete' },
    });
  });
});

describe("a custodian's key", () => {
  it('has a new version each year, and each version two years', () => {
    const { properties } = bodyOf(declared(custodian, 'resource', 'key').value);
    expect(plain(properties)).toMatchObject({
      kty: "=hsm ? 'RSA-HSM' : 'RSA'",
      keySize: 3072,
      rotationPolicy: {
        attributes: { expiryTime: 'P2Y' },
        lifetimeActions: [
          { action: { type: 'rotate' }, trigger: { timeAfterCreate: 'P1Y' } },
          { action: { type: 'notify' }, trigger: { timeBeforeExpiry: 'P30D' } },
        ],
      },
    });
  });

  it('is unwrapped by people who asked for it, and for a year at most', () => {
    const request = declared(custodian, 'resource', 'breakGlass');
    expect(condition(request)).toBe('if (requestEligibility)');
    const { scope, name, properties } = bodyOf(request.value);
    expect(plain(scope)).toBe('=key');
    // Another name each time: a request is made once, and a second one by its name is refused.
    expect(plain(name)).toBe('=guid(key.id, breakGlassGroupId, eligibilityRequest, requestedAt)');
    expect(plain(properties)).toEqual({
      principalId: '=breakGlassGroupId',
      roleDefinitionId: "=subscriptionResourceId('Microsoft.Authorization/roleDefinitions', unwraps)",
      requestType: '=eligibilityRequest',
      justification: 'Break-glass: unsealing Vault while Sealwatch is down.',
      // Without an end Azure's default policy refuses it (RoleAssignmentRequestPolicyValidationFailed, ExpirationRule).
      scheduleInfo: {
        startDateTime: '=requestedAt',
        expiration: { type: 'AfterDuration', duration: '=eligibleFor' },
      },
    });
    expect(plain(variable(custodian, 'eligibleFor'))).toBe('P365D');
    expect(plain(declared(custodian, 'param', 'requestEligibility').value)).toBe(false);
    expect(plain(declared(custodian, 'param', 'eligibilityRequest').value)).toBe('AdminAssign');
    expect(custodian.text).toMatch(
      /^@allowed\(\[ 'AdminAssign', 'AdminExtend' \]\)\nparam eligibilityRequest string/m,
    );
    expect(plain(declared(custodian, 'output', 'eligibleUntil').value)).toBe(
      "=requestEligibility ? dateTimeAdd(requestedAt, eligibleFor) : ''",
    );
  });
});

it("the seal's key never ends", () => {
  const { properties } = bodyOf(declared(at('seal.bicep'), 'resource', 'key').value);
  expect(plain(properties)).toEqual({
    kty: "=hsm ? 'RSA-HSM' : 'RSA'",
    keySize: 3072,
    keyOps: ['wrapKey', 'unwrapKey'],
    attributes: { enabled: true, exportable: false },
  });
});
