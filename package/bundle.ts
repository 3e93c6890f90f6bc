/** esbuild: one app's modules in a few files, the same bytes for the same sources wherever they are built. */
import { join, relative, sep } from 'node:path';
import { build, type Metafile, type Plugin } from 'esbuild';
import { mainFile, root } from './apps.ts';

export interface Bundle {
  /** By path in the package. */
  files: Map<string, Uint8Array>;
  metafile: Metafile;
}

const standIn = join(root, 'package/runtime/app.ts');
const functions = join(root, 'functions') + sep;
const shared = join(root, 'shared') + sep;
const asked = Symbol('asked');

const ours: Plugin = {
  name: 'sealwatch',
  setup(build) {
    // Function files of a package register nothing: its main file did.
    build.onResolve({ filter: /^@azure\/functions$/ }, ({ importer }) =>
      importer.startsWith(functions) ? { path: standIn } : undefined,
    );
    // Nothing in shared/ does anything at import (shared/compose.ts): what an app does not use is left out.
    build.onResolve({ filter: /^\.\.?\// }, async ({ path, pluginData, ...from }) => {
      if (pluginData === asked) return undefined;
      const { importer, kind, resolveDir } = from;
      const found = await build.resolve(path, { importer, kind, resolveDir, pluginData: asked });
      return found.path.startsWith(shared) ? { path: found.path, sideEffects: false } : found;
    });
  },
};

/**
 * ESM, because only that is split: a chunk (an SDK, a use case) is loaded when first imported. CommonJS inside it, of
 * which @azure/functions is one, asks Node's own `require` for what is not in the bundle: Node's modules, and the
 * worker's @azure/functions-core, which the worker puts in the way of exactly that `require`.
 */
const requireOfNode =
  "import { createRequire as requireFrom } from 'node:module'; const require = requireFrom(import.meta.url);";

/** @param source of main.mjs; its imports are seen from the repository's root. @throws esbuild's errors */
export async function bundle(source: string): Promise<Bundle> {
  // Never written there: paths in source maps are relative to it, so that they name no machine's folders.
  const outdir = join(root, 'build/app');
  const { outputFiles, metafile, warnings } = await build({
    absWorkingDir: root,
    stdin: { contents: source, resolveDir: root, sourcefile: 'main.ts', loader: 'ts' },
    outdir,
    entryNames: 'main',
    chunkNames: 'chunks/[name]-[hash]',
    outExtension: { '.js': '.mjs' },
    bundle: true,
    splitting: true,
    format: 'esm',
    platform: 'node',
    target: 'node24',
    external: ['@azure/functions-core'],
    banner: { js: requireOfNode },
    // Not identifiers: a stack at night should name functions, also where maps are not switched on.
    minifyWhitespace: true,
    minifySyntax: true,
    legalComments: 'none',
    sourcemap: true,
    // Lines and names, not the sources: those are in the repository, and would be three times the package.
    sourcesContent: false,
    metafile: true,
    write: false,
    logLevel: 'silent',
    plugins: [ours],
  });
  if (warnings.length > 0) throw new Error(warnings.map(({ text }) => text).join('\n'));
  const files = new Map(outputFiles.map(({ path, contents }) => [slashed(relative(outdir, path)), contents]));
  return { files, metafile };
}

function slashed(path: string): string {
  return path.split(sep).join('/');
}

/** Modules of which anything is in the bundle, by path from the repository's root, sorted. */
export function modulesOf({ outputs }: Metafile): string[] {
  const all = Object.values(outputs).flatMap(({ inputs }) => Object.keys(inputs));
  return [...new Set(all)].filter((path) => path !== 'main.ts').sort();
}

/** Of those, what is loaded with this output and everything that it imports statically. */
export function loadedWith({ outputs }: Metafile, start: string): string[] {
  const seen = new Set<string>();
  const open = [start];
  for (let path = open.pop(); path !== undefined; path = open.pop()) {
    if (seen.has(path)) continue;
    seen.add(path);
    for (const { path: next, kind, external } of outputs[path]?.imports ?? [])
      if (kind === 'import-statement' && !external) open.push(next);
  }
  return modulesOf({
    inputs: {},
    outputs: Object.fromEntries([...seen].flatMap((p) => (outputs[p] ? [[p, outputs[p]]] : []))),
  });
}

export const mainOutput = `build/app/${mainFile}`;
