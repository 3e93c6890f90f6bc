/**
 * The life of alerts, pure: what was known and what this sweep judged in, what is kept and said out.
 *
 *   track     what the sweep says of every known alert and every new finding
 *   coverage  which of them a headline already tells of
 *   growth    which headline has to be told anew, for what came under it
 *   advance   each one's next state: pending → firing → acknowledged or silenced → gone
 *   flapping  what came and went too often stays open for a while
 *   messageOf at most one message that names all that changed
 *
 * Only `absent` resolves. What cannot be judged stays as it is.
 */
import type { Assessment, Finding } from '../finding.ts';
import type { AlertSettings } from '../fleet/fleet.ts';
import type { Alert, Hold, Message, Quiet, Transition } from './alert.ts';
import { advance, type Outcome } from './decide/advance.ts';
import { coverage } from './decide/coverage.ts';
import { isRemembered, isRest, restOf } from './decide/flapping.ts';
import { growth } from './decide/grown.ts';
import { messageOf } from './decide/message.ts';
import { track } from './decide/tracked.ts';

interface DecideInput {
  /** Cluster name, or "fleet". */
  cluster: string;
  labels: Record<string, string>;
  alerts: Alert[];
  assessment: Assessment;
  /** Whether fleet.yaml still asks for this; if not, its alert resolves, and nothing new is told of it. */
  watched: (finding: Finding) => boolean;
  quiets: Quiet[];
  hold?: Hold;
  settings: AlertSettings;
  /** ms. */
  now: number;
  /** Id of the message, if there is one. */
  messageId: string;
}

export interface Decided {
  /** Deep-equal to the input's when nothing changed: then nothing needs writing. */
  alerts: Alert[];
  message?: Message;
  transitions: Transition[];
}

export function decide(input: DecideInput): Decided {
  // Of almost every cluster in almost every sweep.
  if (input.alerts.length === 0 && input.assessment.verdicts.length === 0)
    return { alerts: [], transitions: [] };
  const rests = input.alerts.filter(isRest);
  const tracked = track({
    ...input,
    alerts: input.alerts.filter((alert) => !isRest(alert)),
    ends: new Map(rests.map(({ key, ends = [] }) => [key, ends])),
  });
  const covered = coverage(tracked);
  const grown = growth(tracked, covered, input.now);
  const outcomes = tracked.map((each) => advance(each, covered(each), grown(each), input));
  const message = messageOf(outcomes, input);
  const transitions = outcomes
    .filter(({ from, to }) => from !== to)
    .map(({ tracked: { key }, from, to }) => ({
      at: input.now,
      cluster: input.cluster,
      what: key,
      from,
      to,
    }));
  // A held resolution rides along with whatever is said now; without a message it waits.
  const isGone = ({ alert, held }: Outcome) => !alert || (held && message !== undefined);
  const [gone, stay] = [outcomes.filter(isGone), outcomes.filter((outcome) => !isGone(outcome))];
  const alerts = stay.flatMap(({ alert }) => (alert ? [alert] : []));
  const unseen = rests.filter(({ key }) => tracked.every((each) => each.key !== key));
  alerts.push(...unseen.filter((rest) => isRemembered(rest, input.now)));
  alerts.push(...gone.flatMap((outcome) => restOf(outcome, input.now) ?? []));
  return { alerts, ...(message && { message }), transitions };
}
