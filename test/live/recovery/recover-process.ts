/**
 * The recover app in a process of its own, for tests that kill it: passes over `payments` until no recovery is open.
 * Where SEALWATCH_TEST_STOP says so (`before 3`, `after 5`: from the process's n-th request to sys/unseal on) it says so
 * and stands still. Its clock is SEALWATCH_TEST_AHEAD ms ahead: a killed pass's lease lasts a minute.
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

const [when, from] = (stop ?? '').split(' ');
let requests = 0;
let isStopped = false;
/** Nor does any later request go out, or any later answer come in. */
async function standStill(now: 'before' | 'after', nth: number): Promise<void> {
  if (when !== now || nth < Number(from)) return;
  if (!isStopped) say({ stopped: stop });
  isStopped = true;
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
        await standStill('before', nth);
        const answer = await unseal(body, options);
        await standStill('after', nth);
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
