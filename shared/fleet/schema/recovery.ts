import { z } from 'zod';
import { duration } from './durations.ts';
import { whole } from './text.ts';

export const foreignProgress = z
  .strictObject({
    after: duration('How long unseal progress that is not ours is left alone.', '10s', '1d').prefault('2m'),
    then: z
      .enum(['report', 'reset'])
      .meta({ description: 'What is done then: tell people and stop, or discard that progress and go on.' })
      .prefault('report'),
  })
  .meta({ description: 'What recovery does when somebody else has begun to unseal a node.' });

export const recovery = z
  .strictObject({
    policy: z
      .enum(['manual', 'automatic'])
      .meta({ description: 'Whether people start a recovery, or Sealwatch does; that needs escrow.' })
      .prefault('manual'),
    approvals: z
      .literal([1, 2])
      .meta({
        description:
          'How many people must approve where approval is needed; of 2, none may be who requested it.',
      })
      .prefault(1),
    attempts: whole(
      'Failed automatic attempts in attemptWindow, after which only people start one.',
      1,
      20,
    ).prefault(3),
    attemptWindow: duration('Time in which failed automatic attempts are counted.', '1m', '7d').prefault(
      '1h',
    ),
    nodeUnseals: whole(
      'Automatic unseals of one node inside thresholds.restartWindow; one more needs people (a crash loop).',
      1,
      50,
    ).prefault(5),
    foreignProgress: foreignProgress.prefault({}),
  })
  .meta({ description: 'How the cluster is brought back.' });
