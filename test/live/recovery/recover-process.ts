/**
 * The recover app in a process of its own, for tests that kill it: passes over `payments` until no recovery is open.
 * Where SEALWATCH_TEST_STOP says so (`before 3`, `after 5`: of the process's n-th request to sys/unseal) it says so and
 * stands still. Its clock is SEALWATCH_TEST_AHEAD ms ahead: a killed pass's lease lasts a minute.
 */
import { createHash } from 'node:crypto';
import { setTimeout as sleep } from 'node:timers/promises';
import { systemClock } from '../../../shared/compose/clock.ts';
import { composeRecover } from '../../../shared/compose/recover.ts';
import type { RecoverDeps } from '../../../shared/work/recover/deps.ts';
import { runPass } from '../../../shared/work/recover/pass.ts';

const { SEALWATCH_TEST_STOP: stop, SEALWATCH_TEST_AHEAD: ahead = '0' } = process.env;
const say = (said: object) => process.stdout.write(`${JSON.stringify(said)}\n`);
const { deps } = composeRecover(process.env, { write: () => undefined });

let requests = 0;
async function standStill(when: string): Promise<void> {
  if (stop !== when) return;
  say({ stopped: when });
  await sleep(120_000);
}

const watched: RecoverDeps = {
  ...deps,
  clock: { ...systemClock, now: () => Date.now() + Number(ahead) },
  async connect(cluster, trust) {
    const connected = await deps.connect(cluster, trust);
    for (const { node, client } of connected.nodes) {
      if ('code' in client) continue;
      const unseal = client.unseal.bind(client);
      client.unseal = async (body, options) => {
        requests += 1;
        const nth = requests;
        if (!body.includes('reset')) say({ node, share: createHash('sha256').update(body).digest('hex') });
        await standStill(`before ${nth}`);
        const answer = await unseal(body, options);
        await standStill(`after ${nth}`);
        return answer;
      };
    }
    return connected;
  },
};

for (let passes = 0; passes < 20; passes += 1) {
  await runPass(watched, 'payments');
  if (!(await deps.state.recoveries.active('payments'))) break;
  await sleep(250);
}
say({ requests });
