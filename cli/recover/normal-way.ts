/** What a person is told who did not say that storage is away. */
import type { BreakGlassApp } from '../../shared/compose/break-glass.ts';

export async function normalWay(app: BreakGlassApp, cluster: string): Promise<string[]> {
  const storage = await app.storage(cluster);
  const fence = 'Break-glass cannot be fenced: it cannot be kept apart from a recovery that runs elsewhere.';
  const way = `The normal way is: sealwatch request --cluster ${cluster} --reason "…"`;
  switch (storage.state) {
    case 'reachable':
      return [
        storage.open === undefined
          ? 'Storage answers, and no recovery of this cluster is open.'
          : `Storage answers, and recovery ${storage.open} of this cluster is open.`,
        `${way}. ${fence}`,
        'Where the recover app is down all the same: add --without-state.',
      ];
    case 'unreachable':
      return [
        `Storage does not answer (${storage.why}). ${fence}`,
        'To go on without it: add --without-state.',
      ];
    case 'not-set':
      return [
        `No storage is set here (SEALWATCH_STORAGE). ${way}.`,
        `${fence} Where Functions or storage are down: add --without-state.`,
      ];
  }
}
