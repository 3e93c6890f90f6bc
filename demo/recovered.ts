/** Whether what is told as over is what the alarm was about: a reader compares the two messages. */
import { catalogue } from '../shared/finding.ts';
import type { Inbox, ToldChange } from './inbox.ts';

const titles = new Map<string, string>(Object.entries(catalogue).map(([code, { title }]) => [code, title]));

/**
 * What is wrong with the messages of recovery among the changes from `from` on: a recovery without an alarm, one
 * that does not name its finding, one whose headline names a node that the alarm did not name.
 *
 * @param nodes every node's name.
 */
export function wrongRecoveries(inbox: Inbox, from: number, nodes: string[]): string[] {
  const over = inbox.changes.slice(from).filter(({ change }) => change === 'resolved');
  const alarms = new Map(over.map((each) => [each, alarmsOf(each, inbox.changes)]));
  return over.flatMap((recovery) => {
    const { code, headline, leads } = recovery;
    const its = alarms.get(recovery) ?? [];
    const [alarm] = its;
    if (!alarm) return [`recovered, and no alarm was told: ${code}: "${headline}"`];
    const title = titles.get(code) ?? code;
    const told = leads ? [headline] : (inbox.textOf(headline) ?? []);
    if (!told.some((text) => text.includes(title)))
      return [`the message of recovery does not name "${title}": "${headline}"`];
    if (!leads) return [];
    // One headline names every node of its finding that recovered, each of which may have had an alarm of its own.
    const together = over.filter((each) => each.headline === headline && each.code === code);
    const known = together.flatMap((each) => (alarms.get(each) ?? []).flatMap(({ texts }) => texts));
    const others = named([headline], nodes).filter((name) => !named(known, nodes).includes(name));
    if (others.length === 0) return [];
    return [
      `recovered names ${others.join(', ')}, the alarm did not: "${headline}" after "${alarm.headline}"`,
    ];
  });

  /** Newest first, since the same finding was last over. */
  function alarmsOf(recovery: ToldChange, changes: ToldChange[]): { headline: string; texts: string[] }[] {
    const earlier = changes.slice(0, changes.indexOf(recovery)).filter((each) => sameFinding(each, recovery));
    const lastOver = earlier.findLastIndex(({ change }) => change === 'resolved');
    return earlier
      .slice(lastOver + 1)
      .toReversed()
      .map(({ headline, leads }) => ({
        headline,
        texts: leads ? [headline] : (inbox.textOf(headline) ?? []),
      }));
  }
}

function sameFinding(a: ToldChange, b: ToldChange): boolean {
  return a.code === b.code && a.subject.kind === b.subject.kind && a.subject.name === b.subject.name;
}

/** The nodes that a text names; "payments-1" is not in "payments-10". */
function named(texts: string[], nodes: string[]): string[] {
  const words = new Set(texts.flatMap((text) => text.split(/[\s,;:()]+/)));
  return nodes.filter((name) => words.has(name));
}
