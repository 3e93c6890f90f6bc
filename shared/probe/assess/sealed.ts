/** Judges of the seal of single nodes: sealed, being unsealed, being migrated. */

import { finding } from '../../finding.ts';
import type { Cluster } from '../../fleet/fleet.ts';
import type { SealStatus } from '../../vault/answers.ts';
import { isSilent } from './node-state.ts';
import { silence } from './nodes.ts';
import {
  type Judgement,
  type NodeView,
  nodeSubject,
  ofNodes,
  type Picture,
  present,
  unjudged,
} from './picture.ts';
import { sealCause } from './seal-cause.ts';
import { iso } from './words.ts';

export function judgeSealed(picture: Picture): Judgement[] {
  return [nodeSealed(picture), unsealInProgress(picture), sealMigration(picture)];
}

/** What seal-status said, of a sealed node or of any other that was asked. */
function sealOf(view: NodeView): SealStatus | undefined {
  if (view.state.name === 'sealed') return view.state.seal;
  return view.observed?.sealStatus?.ok ? view.observed.sealStatus.body : undefined;
}

function nodeSealed(picture: Picture): Judgement {
  return ofNodes('node-sealed', picture, (view) => {
    const { state, node } = view;
    if (isSilent(state)) {
      // Silence says nothing about the seal; seal-status, where it answered, does.
      return sealOf(view)?.sealed === false ? undefined : unjudged(silence(view) ?? '');
    }
    if (state.name !== 'sealed') return undefined;
    const summary = `${node.name} is sealed${sealWords(state.seal)}`;
    const evidence = sealEvidence(picture, view);
    return present(
      finding('node-sealed', nodeSubject(view), summary, evidence, {
        advice: sealAdvice(picture.cluster, view),
      }),
    );
  });
}

function sealWords(seal: SealStatus | undefined): string {
  if (!seal) return '';
  return isShamir(seal) ? ` (${seal.progress} of ${seal.t} shares)` : ` (${seal.type} seal)`;
}

const isShamir = (seal: SealStatus): boolean => seal.type === 'shamir' && !seal.recovery_seal;

function sealEvidence({ cluster, storage }: Picture, view: NodeView): string[] {
  const seal = sealOf(view);
  const lines: string[] = [];
  const cause = view.observed ? sealCause(view.observed, view.before) : undefined;
  switch (cause?.cause) {
    case 'in-process':
      lines.push(
        `The process did not restart since it was last seen unsealed (${cause.proof}): somebody sealed it, or it lost its storage.`,
      );
      break;
    case 'restarted':
      lines.push(`The process restarted (${cause.proof}): that alone explains a seal.`);
      break;
    case 'unknown':
      lines.push(`Whether it restarted is not known: ${cause.why}.`, unknownCause[cluster.unknownSealCause]);
      break;
    case undefined:
  }
  if (view.facts) lines.push(`First seen sealed ${iso(view.facts.since)}.`);
  if (seal) {
    lines.push(`Seal type ${seal.type}; progress ${seal.progress} of ${seal.t} (${seal.n} shares exist).`);
    if (seal.type !== cluster.seal.type && cluster.seal.type !== 'other') {
      lines.push(`fleet.yaml says ${cluster.seal.type}, the node says ${seal.type}: one of them is wrong.`);
    }
  }
  if (storage === 'consul')
    lines.push('Consul without a leader leaves every node sealed: check Consul first.');
  lines.push(`Recovery policy: ${cluster.recovery.policy}.`);
  return lines;
}

const unknownCause = {
  approval: 'It is treated as deliberate until a person says otherwise (unknownSealCause: approval).',
  automatic: 'It counts as a restart (unknownSealCause: automatic).',
};

/** The first thing to do about a sealed node depends on what unseals it. Also told with the whole cluster. */
export function sealAdvice(cluster: Cluster, view: NodeView): string {
  const seal = sealOf(view);
  const { address } = view.node;
  const declared = cluster.seal;
  if (seal ? isShamir(seal) : declared.type === 'shamir') {
    const shares = seal && seal.t > 0 ? `${seal.t} of its ${seal.n} shares` : 'a threshold of its shares';
    return `If nobody sealed it on purpose: unseal it with ${shares}: vault operator unseal -address=${address}`;
  }
  const { name } = view.node;
  if (declared.type === 'transit') {
    return `If nobody sealed it on purpose: check that cluster ${declared.provider} is unsealed, its key ${declared.mount}/${declared.key} is there and the seal token of ${name} is valid; then restart Vault on ${name}.`;
  }
  if (declared.type === 'azurekeyvault') {
    const key = `${declared.key ? `key ${declared.key}` : 'the key'}${declared.vault ? ` in ${declared.vault}` : ''}`;
    return `If nobody sealed it on purpose: check that ${key} is enabled and that the credential of ${name} may unwrap with it. It retries every 5 s by itself; sealed by hand, it needs a restart.`;
  }
  return `If nobody sealed it on purpose: check what unseals ${name} (${seal?.type ?? 'its seal'}), then restart Vault there.`;
}

function unsealInProgress(picture: Picture): Judgement {
  return ofNodes('unseal-in-progress', picture, (view) => {
    const unknown = unread(view);
    if (unknown) return unjudged(unknown);
    const seal = sealOf(view);
    if (view.state.name !== 'sealed' || !seal || seal.progress <= 0) return undefined;
    const since = view.facts?.progress?.since ?? picture.now;
    const stalled = picture.now - since > picture.cluster.thresholds.unsealStalledMs;
    const summary = `${view.node.name} has ${seal.progress} of ${seal.t} shares${stalled ? ', and nobody goes on' : ''}`;
    const evidence = [
      `Progress ${seal.progress} of ${seal.t} since ${iso(since)}, nonce ${seal.nonce || 'not shown'}.`,
      'sys/unseal is open to the network: if nobody of yours began this, somebody else did.',
    ];
    const over = stalled
      ? {
          severity: 'warning' as const,
          meaning: 'Somebody began to unseal this node and stopped; a next person would start in the middle.',
          advice: `Ask who began. If nobody goes on: vault operator unseal -reset -address=${view.node.address}`,
        }
      : {};
    return present(finding('unseal-in-progress', nodeSubject(view), summary, evidence, over));
  });
}

function sealMigration(picture: Picture): Judgement {
  return ofNodes('seal-migration', picture, (view) => {
    const unknown = unread(view);
    if (unknown) return unjudged(unknown);
    const seal = sealOf(view);
    if (!seal?.migration) return undefined;
    const evidence = [
      `seal-status says migration: true, new seal type ${seal.type}; fleet.yaml says ${picture.cluster.seal.type}.`,
      'Each share of this unseal needs the migrate flag, and the shares are those of the old seal.',
    ];
    return present(
      finding(
        'seal-migration',
        nodeSubject(view),
        `${view.node.name} migrates to the ${seal.type} seal`,
        evidence,
      ),
    );
  });
}

/** Progress and migration of a sealed node are known only from seal-status. */
function unread(view: NodeView): string | undefined {
  if (sealOf(view)) return undefined;
  if (view.state.name === 'sealed') return `seal-status of ${view.node.name} was not read`;
  return silence(view);
}
