import { mostNodes } from '../schema/cluster.ts';
import { namePattern, nameRule, reservedName } from '../schema/names.ts';
import { mostChannels, mostClusters } from '../schema.ts';
import type { Check } from './check.ts';

const labelKey = /^[A-Za-z0-9][A-Za-z0-9_.-]{0,62}$/;
const mostLabels = 20;

/** Names of clusters, channels and labels, and how many of each there may be. */
export const checkNames: Check = ({ draft, report, reportKey }) => {
  const clusters = Object.entries(draft.clusters ?? {});
  const channels = Object.keys(draft.channels ?? {});
  if (clusters.length > mostClusters)
    report(['clusters'], `must name at most ${mostClusters} clusters, not ${clusters.length}`);
  if (channels.length > mostChannels)
    report(['channels'], `must name at most ${mostChannels} channels, not ${channels.length}`);
  for (const name of channels)
    if (!namePattern.test(name)) reportKey(['channels', name], `not a name for a channel: ${nameRule}`);
  for (const [name, { labels, nodes, notify }] of clusters) {
    if (!namePattern.test(name)) reportKey(['clusters', name], `not a name for a cluster: ${nameRule}`);
    if (name === reservedName)
      reportKey(
        ['clusters', name],
        `"${reservedName}" is reserved for findings about the whole fleet: choose another name`,
      );
    if (nodes !== undefined && (nodes.length === 0 || nodes.length > mostNodes))
      report(['clusters', name, 'nodes'], `must hold 1 to ${mostNodes} nodes, not ${nodes.length}`);
    if (notify?.length === 0)
      report(['clusters', name, 'notify'], 'must name a channel; without this key every channel is told');
    const keys = Object.keys(labels ?? {});
    if (keys.length > mostLabels)
      report(['clusters', name, 'labels'], `must hold at most ${mostLabels} labels, not ${keys.length}`);
    for (const key of keys)
      if (!labelKey.test(key))
        reportKey(
          ['clusters', name, 'labels', key],
          'a label key has 1 to 63 letters, digits, dots, dashes and underscores, and begins with a letter or digit',
        );
  }
};

/** `clusters: {}` watches nothing: surely a mistake. */
export const checkNotEmpty: Check = ({ draft, report }) => {
  if (draft.clusters !== undefined && Object.keys(draft.clusters).length === 0)
    report(['clusters'], 'must name at least one cluster');
};
