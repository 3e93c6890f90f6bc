/** What a transit seal's token may do beyond what a seal needs. Pure. */
import type { SealToken, TransitExercise } from '../exercise/transit-exercise.ts';
import type { ReadinessProblem } from '../readiness.ts';

/** Shown of many, so that a row stays a row. */
const shownNames = 10;

const advice = 'Replace it by an orphan periodic token with one policy for the seal, and default.';

/** @param rights of the paths in `pathsOfInterest`; where it cannot be read, names of policies alone speak. */
export function tooWide({ policies }: SealToken, rights: TransitExercise['rights']): ReadinessProblem[] {
  if (policies.includes('root')) {
    return [
      {
        code: 'seal-token-too-wide',
        severity: 'critical',
        summary: 'the seal unseals with a root token',
        evidence: ['lookup-self shows the policy root.'],
        advice,
      },
    ];
  }
  const own = policies.filter((policy) => policy !== 'default');
  const names = `Policies: ${listed(own)}.`;
  const more = rights.ok ? beyondNeed(rights.value) : [];
  if (more.length > 0) {
    const summary = "the seal's token may do more than encrypt and decrypt with the seal's key";
    return [{ code: 'seal-token-too-wide', summary, evidence: [...more, names], advice }];
  }
  if (own.length <= 1) return [];
  const summary = `the seal's token has ${own.length} policies beside default: one is enough`;
  return [{ code: 'seal-token-too-wide', summary, evidence: [names], advice }];
}

function beyondNeed(rights: Record<string, string[]>): string[] {
  return Object.entries(rights).flatMap(([path, words]) => {
    const needed = /\/(en|de)crypt\//.test(path) ? ['update'] : [];
    const more = words.filter((word) => !needed.includes(word));
    if (more.length === 0) return [];
    const creates = path.includes('/encrypt/') && more.includes('create');
    const why = creates ? ': were the key deleted, the next encryption would make a new one unseen' : '';
    return [`It may also ${more.join(', ')} on ${path}${why}.`];
  });
}

function listed(names: string[]): string {
  const rest = names.length - shownNames;
  return `${names.slice(0, shownNames).join(', ') || 'none beside default'}${rest > 0 ? ` and ${rest} more` : ''}`;
}
