/** Where in the text a path stands. Looked up in the YAML nodes when a problem asks, so good files pay nothing. */

import type { Alias, Node, Pair, YAMLMap } from 'yaml';
import { isAlias, isMap, isScalar, isSeq } from 'yaml';
import type { Path } from './problem.ts';
import { keyText } from './yaml-nodes.ts';

interface Place {
  line: number;
  column: number;
}

export interface Places {
  /** The value at a path or, where the path ends early, the key of the last part that exists. */
  value(path: Path): Place;
  /** The key that a path ends with, or the list entry. */
  key(path: Path): Place;
  /** A scalar as written: 1.20 stays "1.20". */
  source(path: Path): string | undefined;
  /** A path in the file's own spelling. */
  written(path: Path): Path;
  /** From now on `to` finds what the file calls `from`, in the map at this path. */
  rename(map: Path, from: string, to: string): void;
}

interface Found {
  key: Node | undefined;
  value: Node | undefined;
}

export function createPlaces(
  root: Node,
  targets: Map<Alias, Node>,
  place: (offset: number) => Place,
): Places {
  const indexes = new Map<YAMLMap, Map<string | undefined, Pair>>();
  const renames = new Map<YAMLMap, Map<string, string>>();

  function behind(node: unknown): Node | undefined {
    const target = isAlias(node) ? targets.get(node) : node;
    return isMap(target) || isSeq(target) || isScalar(target) ? target : undefined;
  }

  /** Maps of thousands of clusters are searched once for each problem: by index, not by walking. */
  function indexOf(map: YAMLMap): Map<string | undefined, Pair> {
    const known = indexes.get(map);
    if (known !== undefined) return known;
    // Of a key that is set twice, the first counts.
    const index = new Map(map.items.toReversed().map((pair) => [keyText(pair.key), pair]));
    indexes.set(map, index);
    return index;
  }

  function step(node: unknown, part: string | number): Found | undefined {
    const container = behind(node);
    if (isSeq(container)) {
      const item = container.items[Number(part)] as Node | undefined;
      return item && { key: item, value: item };
    }
    if (!isMap(container)) return undefined;
    const name = renames.get(container)?.get(String(part)) ?? String(part);
    const pair = indexOf(container).get(name);
    return pair && { key: pair.key as Node, value: (pair.value ?? undefined) as Node | undefined };
  }

  function find(path: Path): { found: Found; complete: boolean } {
    let found: Found = { key: undefined, value: root };
    for (const part of path) {
      const next = step(found.value, part);
      if (next === undefined) return { found, complete: false };
      found = next;
    }
    return { found, complete: true };
  }

  const at = (node: Node | undefined) => place(node?.range?.[0] ?? 0);

  return {
    value(path) {
      const { found, complete } = find(path);
      return at(complete ? (found.value ?? found.key) : (found.key ?? found.value));
    },
    key(path) {
      const { found } = find(path);
      return at(found.key ?? found.value);
    },
    source(path) {
      const { found, complete } = find(path);
      const node = complete ? behind(found.value) : undefined;
      if (!isScalar(node)) return undefined;
      return typeof node.value === 'string' ? node.value : (node.source ?? String(node.value));
    },
    written(path) {
      let node: Node | undefined = root;
      return path.map((part) => {
        const map = behind(node);
        node = step(node, part)?.value;
        return (isMap(map) && renames.get(map)?.get(String(part))) || part;
      });
    },
    rename(path, from, to) {
      const map = behind(find(path).found.value);
      if (!isMap(map)) return;
      const known = renames.get(map) ?? new Map<string, string>();
      renames.set(map, known.set(to, from));
    },
  };
}
