import { nodeNames } from '../node-names.ts';
import { formatPath } from '../problem.ts';
import type { Check } from './check.ts';
import { eachTwice } from './check.ts';

/** One address is one node of one cluster; names and node ids are unique in their cluster. */
export const checkNodes: Check = ({ draft, report }) => {
  const all = Object.entries(draft.clusters ?? {}).flatMap(([cluster, { nodes = [] }]) =>
    nodes.flatMap((node, index) =>
      node ? [{ cluster, node, path: ['clusters', cluster, 'nodes', index] }] : [],
    ),
  );
  eachTwice(
    all.map(({ node, path }) => ({ key: node.address, path })),
    (again, first) => report(again, `this address already belongs to ${formatPath(first)}`),
  );
  for (const [cluster, { nodes = [] }] of Object.entries(draft.clusters ?? {})) {
    const known = nodes.flatMap((node, index) =>
      node ? [{ node, path: ['clusters', cluster, 'nodes', index] }] : [],
    );
    const names = nodeNames(known.map(({ node }) => node));
    const unlike = new Set<string>();
    eachTwice(
      known.flatMap(({ node, path }, index) => {
        // The same address twice is told already; it would only be told again as the same default name.
        if (node.name === undefined && unlike.has(node.address)) return [];
        unlike.add(node.address);
        return [
          { key: names[index] ?? node.address, path: node.name === undefined ? path : [...path, 'name'] },
        ];
      }),
      (again, first) =>
        report(again, `this name is already that of ${formatPath(first)}: give each node its own`),
    );
    eachTwice(
      known.flatMap(({ node, path }) =>
        node.nodeId === undefined ? [] : [{ key: node.nodeId, path: [...path, 'nodeId'] }],
      ),
      (again, first) => report(again, `this node id is already that of ${formatPath(first)}`),
    );
  }
};
