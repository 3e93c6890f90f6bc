/** People's words about alerts. */
import type { Quiet } from '../alert.ts';

interface Words {
  silenced: boolean;
  /** Who acknowledged it. */
  acknowledgedBy?: string;
}

/**
 * What holds for one alert now. A silence covers everything until its end. An acknowledgement covers only what
 * had fired when it was given: a new alert after "I know" is news.
 *
 * @param previous who had acknowledged it: stays the name while their word holds.
 */
export function wordsOn(
  quiets: Quiet[],
  alert: { cluster: string; key: string; firedAt: number; previous?: string | undefined },
  now: number,
): Words {
  const valid = quiets.filter((quiet) => {
    const about = quiet.cluster === alert.cluster && (quiet.key === undefined || quiet.key === alert.key);
    return about && quiet.at <= now && now < quiet.until;
  });
  const silenced = valid.some((quiet) => quiet.kind === 'silence');
  const given = valid
    .filter((quiet) => quiet.kind === 'acknowledge' && alert.firedAt < quiet.at)
    .sort((a, b) => b.until - a.until || a.by.localeCompare(b.by));
  const holder = given.find((quiet) => quiet.by === alert.previous) ?? given[0];
  return holder ? { silenced, acknowledgedBy: holder.by } : { silenced };
}
