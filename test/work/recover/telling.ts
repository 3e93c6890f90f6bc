/**
 * What people read in chat while a recovery goes on: the sweep's part, played after each nudge of `probe`. Of the probe's
 * own findings it knows sealed nodes only.
 */
import type { Alert, Message } from '../../../shared/alert/alert.ts';
import { render as slack } from '../../../shared/alert/channels/slack.ts';
import { render as teams } from '../../../shared/alert/channels/teams.ts';
import { decide } from '../../../shared/alert/decide.ts';
import { type Assessment, finding } from '../../../shared/finding.ts';
import { withRecover } from '../../../shared/work/recover-findings.ts';
import { slackLines, slackProblems } from '../../fakes/chat/slack-format.ts';
import { teamsLines, teamsProblems } from '../../fakes/chat/teams-format.ts';
import { file, fleetOf } from '../../fleet/builders.ts';
import type { RecoveryUnderTest } from './recovery-under-test.ts';

const { alerts: settings } = fleetOf(file());

export class Telling {
  readonly messages: Message[] = [];
  readonly #world: RecoveryUnderTest;
  #alerts: Alert[] = [];

  constructor(world: RecoveryUnderTest) {
    this.#world = world;
    const { nudges } = world.state;
    const send = nudges.send.bind(nudges);
    nudges.send = async (queue, cluster, delayMs) => {
      await send(queue, cluster, delayMs);
      if (queue === 'probe') await this.sweep();
    };
  }

  async sweep(): Promise<void> {
    const { cluster, clock, state, standingHolds } = this.#world;
    const now = clock.now();
    const rows = {
      recoveries: { read: true as const, value: this.#world.recoveries() },
      generation: { read: true as const, value: (await state.generations.newest(cluster.name))?.value },
    };
    const hold = standingHolds.at(-1);
    const { alerts, message } = decide({
      cluster: cluster.name,
      labels: {},
      alerts: this.#alerts,
      assessment: withRecover(cluster, rows, this.#probed(), now),
      now,
      quiets: [],
      watched: () => true,
      settings,
      messageId: `m${this.messages.length + 1}`,
      ...(hold && { hold }),
    });
    this.#alerts = alerts;
    if (message) this.messages.push(message);
  }

  #probed(): Assessment {
    const { simulation } = this.#world;
    const absent = { state: 'absent' } as const;
    const cluster = { kind: 'cluster' } as const;
    const found = [
      ...this.#world
        .sealedAndUp()
        .map((name) =>
          finding('node-sealed', { kind: 'node', name }, `${name} is sealed (0 of 3 shares)`, []),
        ),
      ...(simulation.state.active === undefined
        ? [finding('no-leader', cluster, 'payments has no active node', [])]
        : []),
    ];
    return {
      verdicts: found.map((one) => {
        return { code: one.code, subject: one.subject, verdict: { state: 'present', finding: one } };
      }),
      defaults: {
        'node-sealed': absent,
        'cluster-sealed': absent,
        'cluster-down': absent,
        'no-leader': absent,
        'storage-unavailable': absent,
      },
    };
  }

  /** As Slack shows them. @throws where Teams would not take them, or would say something else. */
  shown(): string[] {
    return this.messages.map((message) => {
      const options = { runbookBase: 'https://runbooks.example.com' };
      const [inSlack, inTeams] = [slack, teams].map(
        (render) => JSON.parse(render(message, options).body) as unknown,
      );
      const problems = [...slackProblems(inSlack), ...teamsProblems(inTeams)];
      if (problems.length > 0) throw new Error(problems.join('; '));
      const lines = slackLines(inSlack);
      const [, ...rest] = teamsLines(inTeams);
      if (!lines.join('\n').endsWith(rest.join('\n'))) throw new Error(`Teams says: ${rest.join('\n')}`);
      return lines.join('\n');
    });
  }
}
