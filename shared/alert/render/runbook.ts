/** Where the page about a finding is. */

/** A longer link is left out rather than cut. */
const urlLength = 500;

export interface Page {
  /** The page's path in the repository. */
  path: string;
  url?: string;
}

/** @param base "https://…/docs/runbooks"; undefined where nobody said it. */
export function runbookPage(runbook: string, base: string | undefined): Page {
  const file = `${encodeURIComponent(runbook)}.md`;
  const path = `docs/runbooks/${file}`;
  const url = base === undefined ? '' : `${base.replace(/\/+$/, '')}/${file}`;
  return url === '' || url.length > urlLength ? { path } : { path, url };
}
