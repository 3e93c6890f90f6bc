/** Who hears a message: whoever fleet.yaml names now, and whoever heard of an alert that it ends. */
import type { Alert, Message } from '../alert/alert.ts';
import { compareSeverity } from '../alert/severity.ts';
import { findingKey } from '../finding.ts';
import type { Channel } from '../fleet/fleet.ts';

/** Channels, and from which severity on each wants to hear. */
export type Audience = Pick<Channel, 'name' | 'minimumSeverity'>[];

/** Names of those that want this severity. */
export function wanting(message: Message, audience: Audience): string[] {
  return audience
    .filter(({ minimumSeverity }) => compareSeverity(message.severity, minimumSeverity) >= 0)
    .map(({ name }) => name);
}

/** The alerts that a message ends, as they were known before it. */
export function endedBy(message: Message, alerts: Alert[]): Alert[] {
  const ended = new Set(
    message.changes
      .filter(({ change }) => change === 'resolved')
      .map(({ finding: { code, subject } }) => findingKey(code, subject)),
  );
  return alerts.filter(({ key }) => ended.has(key));
}

/**
 * The audience that wants it, and every channel of fleet.yaml that was told of an alert which the message ends: a
 * channel that `notify` names no more, or whose `minimumSeverity` grew, would be left with the alarm.
 *
 * @param existing every channel of fleet.yaml, in its order.
 */
export function recipients(
  message: Message,
  alerts: Alert[],
  audience: Audience,
  existing: Audience,
): string[] {
  const told = endedBy(message, alerts).flatMap(({ toldTo = [] }) => toldTo);
  const hearing = new Set([...wanting(message, audience), ...told]);
  return existing.map(({ name }) => name).filter((name) => hearing.has(name));
}

/** Alerts that this message tells of, with whom it tells. */
export function toldTo(alerts: Alert[], message: Message, channels: string[]): Alert[] {
  return alerts.map((alert) =>
    alert.toldAt === message.at
      ? { ...alert, toldTo: [...new Set([...(alert.toldTo ?? []), ...channels])] }
      : alert,
  );
}

/**
 * Alerts that were told when nobody listened, to be told anew now that somebody does: a channel was added, or wants to
 * hear of less than before.
 */
export function withUnheardUntold(alerts: Alert[], audience: Audience): Alert[] {
  return alerts.map((alert) => {
    const { toldTo, toldAt: _at, toldSeverity: _severity, ...rest } = alert;
    const wanted = audience.some(
      ({ minimumSeverity }) => compareSeverity(alert.finding.severity, minimumSeverity) >= 0,
    );
    return alert.told && toldTo?.length === 0 && wanted ? { ...rest, told: false } : alert;
  });
}
