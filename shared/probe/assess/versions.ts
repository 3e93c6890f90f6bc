/** Judge of versions: nodes that differ, or that are not what fleet.yaml expects. */
import { finding } from '../../finding.ts';
import {
  absent,
  type Judgement,
  type NodeView,
  ofCluster,
  type Picture,
  present,
  theCluster,
  unjudged,
} from './picture.ts';
import { listed } from './words.ts';

export function judgeVersions(picture: Picture): Judgement[] {
  const { cluster, nodes } = picture;
  const expected = cluster.expect.version;
  if (expected === undefined && areAlike(nodes)) return [ofCluster('version-skew', absent)];
  const byVersion = new Map<string, string[]>();
  const unknown: string[] = [];
  for (const view of nodes) {
    const version = versionOf(view);
    if (!version) unknown.push(view.node.name);
    else byVersion.set(version, [...(byVersion.get(version) ?? []), view.node.name]);
  }
  const versions = [...byVersion.keys()].sort();
  const wrong = expected === undefined ? [] : versions.filter((version) => !matches(version, expected));
  if (versions.length < 2 && wrong.length === 0) {
    if (unknown.length === 0) return [ofCluster('version-skew', absent)];
    // Versions can be redacted; a silent node says none.
    return [ofCluster('version-skew', unjudged(`no version from ${listed(unknown)}`))];
  }
  const evidence = versions.map((version) => `${version}: ${listed(byVersion.get(version) ?? [])}.`);
  if (expected !== undefined) evidence.push(`fleet.yaml expects ${expected}.`);
  if (unknown.length > 0) evidence.push(`No version from ${listed(unknown)}.`);
  const summary =
    versions.length > 1
      ? `${cluster.name} runs ${listed(versions)}`
      : `${cluster.name} runs ${versions[0]}, not ${expected}`;
  return [ofCluster('version-skew', present(finding('version-skew', theCluster, summary, evidence)))];
}

function areAlike(nodes: readonly NodeView[]): boolean {
  const [first] = nodes;
  const version = first && versionOf(first);
  if (version === undefined) return false;
  for (const view of nodes) if (versionOf(view) !== version) return false;
  return true;
}

function versionOf({ observed }: NodeView): string | undefined {
  if (observed?.health.ok && observed.health.body.version) return observed.health.body.version;
  return observed?.sealStatus?.ok ? observed.sealStatus.body.version : undefined;
}

/** "1.21" matches 1.21.4 and 1.21.4+ent, not 1.210. */
function matches(version: string, prefix: string): boolean {
  const bare = (text: string) => text.replace(/^v/, '');
  const rest = bare(version).startsWith(bare(prefix)) ? bare(version).slice(bare(prefix).length) : undefined;
  return rest !== undefined && !/^\d/.test(rest);
}
