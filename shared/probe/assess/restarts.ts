/** Judge of restarts: one is information, several are a crash loop. */
import { finding } from '../../finding.ts';
import { isSilent } from './node-state.ts';
import { codeOf, silence } from './nodes.ts';
import { type Judgement, nodeSubject, ofNodes, type Picture, present, unjudged } from './picture.ts';
import { iso, span } from './words.ts';

/** How long one restart is worth telling, ms. */
const freshMs = 120_000;

export function judgeRestarts(picture: Picture): Judgement[] {
  const { restartLoopCount, restartWindowMs } = picture.cluster.thresholds;
  return [
    ofNodes('node-restarting', picture, (view) => {
      const restarts = view.facts?.restarts ?? [];
      const newest = restarts.at(-1);
      const recent = restarts.filter((time) => picture.now - time < restartWindowMs);
      const loops = recent.length >= restartLoopCount;
      if (newest === undefined || (!loops && picture.now - newest >= freshMs)) {
        return isSilent(view.state) ? unjudged(silence(view) ?? '') : undefined;
      }
      const start = view.facts?.start;
      const evidence = [`Restarts seen: ${restarts.map(iso).join(', ')}.`];
      if (loops) evidence.unshift(`${recent.length} restarts within ${span(restartWindowMs)}.`);
      if (start !== undefined) evidence.push(`Start time of the process last seen: ${iso(start)}.`);
      const under = codeOf(view);
      return present(
        finding(
          'node-restarting',
          nodeSubject(view),
          loops ? `${view.node.name} restarts again and again` : `${view.node.name} restarted`,
          evidence,
          {
            ...(loops
              ? {
                  severity: 'warning',
                  advice: `Read the end of the server log on ${view.node.name}: it exits, or is killed.`,
                }
              : {}),
            ...(under ? { under } : {}),
          },
        ),
      );
    }),
  ];
}
