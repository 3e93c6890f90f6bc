import type { Path } from '../problem.ts';
import type { Check } from './check.ts';

/** Times that stand in an order. */
export const checkTimes: Check = ({ draft, report }) => {
  const { connectTimeout, headersTimeout, totalTimeout, deadline } = draft.probe ?? {};
  const ordered = (path: Path, less: number | undefined, more: number | undefined, message: string) => {
    if (less !== undefined && more !== undefined && less > more) report(path, message);
  };
  ordered(['probe', 'connectTimeout'], connectTimeout, totalTimeout, 'must not be longer than totalTimeout');
  ordered(['probe', 'headersTimeout'], headersTimeout, totalTimeout, 'must not be longer than totalTimeout');
  ordered(['probe', 'totalTimeout'], totalTimeout, deadline, 'must not be longer than deadline');

  const fleet = draft.thresholds ?? {};
  const certificates = (above: Path, own: typeof fleet) => {
    const critical = own.certificateCritical ?? fleet.certificateCritical;
    const warning = own.certificateWarning ?? fleet.certificateWarning;
    const path = [
      ...above,
      own.certificateCritical === undefined ? 'certificateWarning' : 'certificateCritical',
    ];
    if (critical === undefined || warning === undefined || critical < warning) return;
    report(path, 'certificateCritical must be shorter than certificateWarning');
  };
  certificates(['thresholds'], fleet);
  for (const [name, { thresholds: own }] of Object.entries(draft.clusters ?? {}))
    if (own?.certificateCritical !== undefined || own?.certificateWarning !== undefined)
      certificates(['clusters', name, 'thresholds'], own);
};
