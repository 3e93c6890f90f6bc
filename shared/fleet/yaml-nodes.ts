/** YAML nodes → plain values. Our own walk, because duplicate keys, aliases and odd keys need a place and a limit. */

import type { Alias, Node, Scalar, YAMLMap, YAMLSeq } from 'yaml';
import { isAlias, isMap, isScalar, isSeq } from 'yaml';
import type { Path, Problem } from './problem.ts';
import { formatPath, shownKey } from './problem.ts';

/** Values that aliases may add to the file's own. Clusters may well share a `tls` block; a bomb may not. */
const mostAdded = 500_000;
const mostDeep = 50;

interface Place {
  line: number;
  column: number;
}

interface Done {
  value: unknown;
  /** Values in it, aliases expanded. */
  size: number;
}

export interface NodesRead {
  value: unknown;
  problems: Problem[];
  /** What each alias stands for. */
  targets: Map<Alias, Node>;
}

export function readNodes(root: Node, place: (offset: number) => Place): NodesRead {
  const problems: Problem[] = [];
  const anchors = new Map<string, Node>();
  const anchored = new Map<Node, Done | 'open'>();
  const targets = new Map<Alias, Node>();
  let added = 0;

  function report(node: unknown, path: Path, message: string): Done {
    const range = isNode(node) ? node.range : undefined;
    problems.push({ ...place(range?.[0] ?? 0), path: formatPath(path), message });
    return { value: null, size: 1 };
  }

  function read(node: unknown, path: Path): Done {
    if (path.length > mostDeep) return report(node, path.slice(0, 4), 'nested too deeply');
    if (isAlias(node)) return readAlias(node, path);
    if (!isMap(node) && !isSeq(node) && !isScalar(node)) return { value: null, size: 1 };
    if (node.anchor !== undefined) {
      anchors.set(node.anchor, node);
      anchored.set(node, 'open');
    }
    const done = isMap(node)
      ? readMap(node, path)
      : isSeq(node)
        ? readList(node, path)
        : readScalar(node, path);
    if (node.anchor !== undefined) anchored.set(node, done);
    return done;
  }

  function readAlias(alias: Alias, path: Path): Done {
    const target = anchors.get(alias.source);
    const done = target && anchored.get(target);
    if (target === undefined || done === undefined)
      return report(alias, path, 'this alias (*) names no anchor (&) above it');
    if (done === 'open') return report(alias, path, 'this alias (*) stands for something that holds it');
    added += done.size;
    if (added > mostAdded) return report(alias, path, 'aliases repeat too much: write less through anchors');
    targets.set(alias, target);
    return done;
  }

  function readScalar(scalar: Scalar, path: Path): Done {
    const { value } = scalar;
    const plain = value === null || ['string', 'number', 'boolean'].includes(typeof value);
    return plain ? { value, size: 1 } : report(scalar, path, 'must be text, a number, true or false');
  }

  function readList(list: YAMLSeq, path: Path): Done {
    const items = list.items.map((item, index) => read(item, [...path, index]));
    return { value: items.map((item) => item.value), size: total(items) };
  }

  function readMap(map: YAMLMap, path: Path): Done {
    const value: Record<string, unknown> = {};
    const parts: Done[] = [];
    const lines = new Map<string, number>();
    for (const { key, value: item } of map.items) {
      const name = keyText(key);
      if (name === undefined || name === '__proto__') {
        report(key, path, 'a key must be plain text');
        continue;
      }
      const { line } = place(isNode(key) ? (key.range?.[0] ?? 0) : 0);
      const first = lines.get(name);
      if (first !== undefined) {
        report(key, [...path, name], `the key ${shownKey(name)} is already set on line ${first}`);
        continue;
      }
      lines.set(name, line);
      const done = read(item, [...path, name]);
      value[name] = done.value;
      parts.push(done);
    }
    return { value, size: total(parts) };
  }

  const { value } = read(root, []);
  return { value, problems, targets };
}

/** A key as written: a cluster may be called 123 or null. */
export function keyText(key: unknown): string | undefined {
  if (!isScalar(key)) return undefined;
  return typeof key.value === 'string' ? key.value : key.source || undefined;
}

function isNode(node: unknown): node is Node {
  return isAlias(node) || isMap(node) || isSeq(node) || isScalar(node);
}

function total(parts: Done[]): number {
  return parts.reduce((sum, part) => sum + part.size, 1);
}
