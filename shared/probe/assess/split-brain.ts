/** Judge of split brain: two active nodes, or two clusters behind one name. */
import { finding } from '../../finding.ts';
import { isSilent, isUnsealed } from './node-state.ts';
import { absent, type Judgement, ofCluster, type Picture, present, theCluster, unjudged } from './picture.ts';
import { hostOf, listed } from './words.ts';

export function judgeSplitBrain(picture: Picture): Judgement[] {
  return [ofCluster('split-brain', verdict(picture))];
}

function verdict(picture: Picture) {
  return isOneCluster(picture) ? absent : compared(picture);
}

/** All are unsealed, one at most is active, and all show the same cluster id, or none. */
function isOneCluster({ nodes }: Picture): boolean {
  let active = 0;
  let id: string | undefined;
  for (const { state } of nodes) {
    if (!isUnsealed(state)) return false;
    if (state.name === 'active') active += 1;
    const own = state.health.cluster_id;
    if (!own) continue;
    if (id !== undefined && own !== id) return false;
    id = own;
  }
  return active <= 1;
}

function compared({ cluster, nodes }: Picture) {
  const active = nodes.filter((view) => view.state.name === 'active');
  const byId = new Map<string, string[]>();
  for (const { state, node } of nodes) {
    const id = isUnsealed(state) ? state.health.cluster_id : undefined;
    if (id) byId.set(id, [...(byId.get(id) ?? []), node.name]);
  }
  if (byId.size > 1) {
    const groups = [...byId].map(([id, names]) => `${listed(names)} in cluster ${id}`);
    const summary = `the nodes of ${cluster.name} belong to ${byId.size} different clusters`;
    const evidence = [
      ...groups.map((group) => `${group}.`),
      activeWords(active.map((view) => view.node.name)),
    ];
    return present(finding('split-brain', theCluster, summary, evidence));
  }
  if (active.length > 1) {
    const names = listed(active.map((view) => view.node.name));
    const evidence = active.map(
      (view) => `${view.node.name} (${hostOf(view.node.address)}) answers 200: active.`,
    );
    return present(
      finding('split-brain', theCluster, `${names} of ${cluster.name} both answer as active`, evidence, {
        advice:
          'Compare sys/leader and raft list-peers on each, and take the wrong node out of the load balancer.',
      }),
    );
  }
  // An isolated second active node may be just the one that was not heard; a sealed one hides its cluster's id.
  const silent = nodes.filter((view) => isSilent(view.state)).map((view) => view.node.name);
  if (silent.length > 0) return unjudged(`no word from ${listed(silent)}`);
  const sealed = nodes.filter((view) => view.state.name === 'sealed').map((view) => view.node.name);
  return sealed.length > 0 ? unjudged(`a sealed node hides its cluster id: ${listed(sealed)}`) : absent;
}

function activeWords(names: string[]): string {
  return names.length === 0 ? 'None of them answers as active.' : `Active: ${listed(names)}.`;
}
