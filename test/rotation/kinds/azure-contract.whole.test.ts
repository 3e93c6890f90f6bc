/** The contract of kinds, held by both of an azurekeyvault seal: composed, with fakes of Entra, Graph and Key Vault. */
// Loaded before anything is timed: compose loads them at their first use, which takes seconds on a busy machine.
import '@azure/identity';
import '@azure/keyvault-keys';
import { type Fault, type KindUnderTest, rotationKindContract } from '../../contract/rotation-kind.ts';
import { disguises } from '../../fakes/hostile/disguises.ts';
import { AzureKindsUnderTest, minute } from './azure-kinds-under-test.ts';

const statuses = { throttled: 429, denied: 403 } as const;

/** At Entra, Graph and Key Vault at once. */
function faultOf(azure: AzureKindsUnderTest, fault: Fault | undefined): void {
  const { graph, under } = azure;
  const { entra, vault } = under;
  graph.heal();
  vault.heal();
  entra.fail(undefined);
  if (fault === undefined) return;
  if (fault === 'unreachable' || fault === 'hang') {
    const how = fault === 'hang' ? 'hang' : 'reset';
    graph.fail('any', how);
    vault.fail('any', how);
    entra.fail(how);
  } else if (fault === 'echo') {
    graph.fail('any', 'echo');
    vault.fail('any', 'echo');
    entra.fail({ status: 200, body: JSON.stringify({ echo: azure.secrets().flatMap(disguises) }) });
  } else {
    graph.fail('any', { status: statuses[fault] });
    vault.fail('any', { status: statuses[fault] });
    entra.fail({ status: statuses[fault] });
  }
}

async function start(): Promise<AzureKindsUnderTest> {
  const azure = await AzureKindsUnderTest.start();
  azure.timeoutMs = 1_000;
  return azure;
}

rotationKindContract('entra-secret', async (): Promise<KindUnderTest> => {
  const azure = await start();
  const { graph } = azure;
  return {
    kind: azure.secretKind(),
    sealValue: azure.sealValue,
    secrets: () => azure.secrets(),
    live: async () => graph.secrets().map(({ keyId }) => keyId),
    foreign: async () => graph.addByHand({ displayName: 'sealwatch by hand' }).keyId,
    sees: true,
    fault: (fault) => faultOf(azure, fault),
    expects: {
      unreachable: ['unreachable'],
      hang: ['unreachable'],
      throttled: ['throttled'],
      // An unknown refusal of a login need not be the credential's.
      denied: ['denied', 'odd'],
      echo: ['odd'],
    },
    missingRight: /Application\.ReadWrite\.OwnedBy/,
    loseNextAnswer: () => graph.fail('addPassword', 'lost', 1),
    // Creations were noted a while ago: an empty list says that nothing was made.
    now: () => azure.now - 3 * minute,
    close: () => azure.close(),
  };
});

rotationKindContract('keyvault-key', async (): Promise<KindUnderTest> => {
  const azure = await start();
  const { vault } = azure.under;
  return {
    kind: azure.keyKind(),
    sealValue: azure.sealValue,
    secrets: () => azure.secrets(),
    live: async () => vault.versionsOf('unseal').map((id) => id.split('/').at(-1) ?? ''),
    sees: true,
    fault: (fault) => faultOf(azure, fault),
    expects: {
      unreachable: ['unreachable'],
      hang: ['unreachable'],
      throttled: ['throttled'],
      denied: ['denied', 'odd'],
      echo: ['odd', 'unreachable'],
    },
    missingRight: /keys\/rotate/,
    loseNextAnswer: () => vault.fail('rotate', 'lost', 1),
    now: () => azure.now,
    close: () => azure.close(),
  };
});
