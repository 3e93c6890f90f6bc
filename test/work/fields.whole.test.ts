/** Every field of fleet.yaml changes something: an option that is parsed and never read is worse than none. */
import { describe, expect, it } from 'vitest';
import { parseFleet } from '../../shared/fleet/parse.ts';
import { limits } from '../fleet/builders.ts';
import { fields } from '../fleet/schema-fields.ts';
import { askedFields } from './fields/asked.ts';
import { batchFields } from './fields/batches.ts';
import { deliveredFields } from './fields/delivered.ts';
import { escrowedFields } from './fields/escrowed.ts';
import { exercisedFields } from './fields/exercised.ts';
import { exercisedAtAzureFields } from './fields/exercised-at-azure.ts';
import { judgedFields } from './fields/judged.ts';
import { loginFields } from './fields/logged-in.ts';
import type { Proof } from './fields/proof.ts';
import { recoveredFields } from './fields/recovered.ts';
import { rotateLoginFields } from './fields/rotate-logged-in.ts';
import { rotatedFields } from './fields/rotated.ts';
import { rotatedAtProvidersFields } from './fields/rotated-at-providers.ts';
import { sentFields } from './fields/sent.ts';
import { toldFields } from './fields/told.ts';

const proofs: Record<string, Proof> = {
  version: () => {
    const text = (version: number) =>
      `version: ${version}\nclusters: {payments: {nodes: ["https://vault:8200"]}}\n`;
    expect([parseFleet(text(1), limits()).ok, parseFleet(text(2), limits()).ok]).toEqual([true, false]);
  },
  probe: 'holds fields',
  'probe.batches': 'holds fields',
  alerts: 'holds fields',
  'alerts.pending': 'holds fields',
  'alerts.reminder': 'holds fields',
  heartbeat: 'holds fields',
  channels: 'holds fields',
  thresholds: 'holds fields',
  clusters: 'holds fields',
  'clusters.*.nodes': 'holds fields',
  'clusters.*.tls': 'holds fields',
  'clusters.*.login': 'holds fields',
  'clusters.*.rotateLogin': 'holds fields',
  'clusters.*.rotation': 'holds fields',
  'clusters.*.rotation.token': 'holds fields',
  'clusters.*.rotation.transitKey': 'holds fields',
  'clusters.*.rotation.secret': 'holds fields',
  'clusters.*.rotation.vaultKey': 'holds fields',
  'clusters.*.rotation.sinks': 'holds fields',
  'clusters.*.expect': 'holds fields',
  'clusters.*.seal': 'holds fields',
  'clusters.*.thresholds': 'holds fields',
  'clusters.*.recovery': 'holds fields',
  'clusters.*.recovery.foreignProgress': 'holds fields',
  'clusters.*.escrow': 'holds fields',
  'clusters.*.escrow.custodians': 'holds fields',
  ...askedFields,
  ...batchFields,
  ...loginFields,
  ...rotateLoginFields,
  ...rotatedFields,
  ...rotatedAtProvidersFields,
  ...deliveredFields,
  ...judgedFields,
  ...recoveredFields,
  ...escrowedFields,
  ...exercisedAtAzureFields,
  ...exercisedFields,
  ...sentFields,
  ...toldFields,
};

const paths = fields().map(({ path }) => path);

describe('a field of fleet.yaml', () => {
  it('is in this table, and nothing else is', () => {
    expect(Object.keys(proofs).toSorted()).toEqual(paths.toSorted());
  });

  it('that only holds fields holds some', () => {
    const holding = Object.keys(proofs).filter((path) => proofs[path] === 'holds fields');
    for (const path of holding) {
      expect(
        paths.some((other) => other.startsWith(`${path}.`) || other.startsWith(`${path}[]`)),
        path,
      ).toBe(true);
    }
  });

  it.each(Object.entries(proofs).filter(([, proof]) => proof !== 'holds fields'))(
    'changes something: %s',
    async (_path, proof) => {
      if (typeof proof === 'function') await proof();
    },
  );
});
