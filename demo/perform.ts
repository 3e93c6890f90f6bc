/** Sets the stage (Vault, chat, storage, host), plays the story on it, and says how it went. */
import { randomBytes } from 'node:crypto';
import { mkdtempSync, realpathSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { startChatReceiver } from '../test/fakes/chat/receiver.ts';
import { ownFolder, removeFolder } from '../test/servers/owned-processes.ts';
import type { Arguments } from './arguments.ts';
import { type Audience, liveAudience, plainAudience } from './audience.ts';
import { type Choice, chooseVault } from './choose-vault.ts';
import type { Cleanup } from './cleanup.ts';
import { writeFleet } from './fleet-file.ts';
import type { FleetUnderTest } from './fleet-under-test.ts';
import { goOn } from './go-on.ts';
import { Inbox } from './inbox.ts';
import { startRealFleet } from './real-fleet.ts';
import { playStep, type Stage, StepFailed } from './run-story.ts';
import type { Scene } from './scene.ts';
import { startSimulatedFleet } from './simulated-fleet.ts';
import { story } from './story.ts';
import { startWatching } from './watching.ts';

const clusterName = 'payments';

export interface Performance {
  args: Arguments;
  env: NodeJS.ProcessEnv;
  cleanup: Cleanup;
  signal: AbortSignal;
  say: (line: string) => void;
  /** To be said when everything is closed. */
  lastLine: (line: string) => void;
}

/** Returns the exit code. @throws what keeps the stage from being set; the signal's reason when stopped. */
export async function performDemo(performance: Performance): Promise<0 | 1> {
  const { args, env, cleanup, signal, say } = performance;
  const folder = await cleanup.open(
    'the temporary folder',
    async () => {
      const made = realpathSync(mkdtempSync(join(tmpdir(), 'sealwatch-demo-')));
      ownFolder(made);
      return made;
    },
    removeFolder,
  );
  const choice = await chooseVault({ simulated: args.simulated, env, folder, say, signal, cleanup });
  signal.throwIfAborted();
  say(`Sealwatch demo on ${choice.sentence}`);
  performance.lastLine(`That was on ${choice.sentence}.`);

  const fleet = await openFleet(choice, folder, performance);
  const { inbox, fleetFile, endpointHost } = await openChat(fleet, folder, cleanup);
  say(`fleet.yaml: ${fleetFile}`);

  const scene: Scene = {
    heading: `${clusterName}: ${fleet.nodes.length} nodes, ${fleet.server}, raft, TLS`,
    fleetFile,
    clusters: [],
    findings: [],
    messages: inbox.messages,
    steps: story().map(({ title }) => ({ title, state: 'waiting', detail: '' })),
  };
  const live = process.stdout.isTTY && !args.check;
  const watching = await startWatching({ fleetFile, folder, endpointHost, scene, cleanup, signal });
  const audience = live ? liveAudience(process.stdout, scene, env, cleanup) : plainAudience(say, scene);
  await audience.open();
  watching.onStatus(audience.update);

  const stage: Stage = { fleet, inbox, status: watching.status, signal };
  const failure = await playStory(stage, scene, audience);
  await audience.close();
  if (failure) {
    for (const line of [...failure.report, 'the end of the log:', ...watching.logTail()]) say(line);
    return 1;
  }
  if (live) {
    const longest = Math.max(...scene.steps.map(({ title }) => title.length));
    say('What happened, and what Sealwatch said of it:');
    for (const { title, detail } of scene.steps) say(`  ${title.padEnd(longest)}  ${detail}`);
  }
  for (const line of goOn) say(line);
  return 0;
}

async function openFleet(
  choice: Choice,
  folder: string,
  { cleanup, say, signal }: Performance,
): Promise<FleetUnderTest> {
  const fleet = await cleanup.open(
    'the Vault servers',
    () =>
      choice.kind === 'real'
        ? startRealFleet({ ...choice, name: clusterName, folder })
        : startSimulatedFleet(clusterName),
    (opened) => opened.close(),
  );
  if (choice.kind === 'real') say('3 nodes run; initialising, unsealing and joining them: about 20 s');
  await fleet.initialise();
  signal.throwIfAborted();
  return fleet;
}

async function openChat(fleet: FleetUnderTest, folder: string, cleanup: Cleanup) {
  const receiver = await cleanup.open(
    "the chat's receiver",
    () => startChatReceiver(),
    (opened) => opened.close(),
  );
  const signingKey = `whsec_${randomBytes(32).toString('base64')}`;
  const inbox = new Inbox(signingKey);
  receiver.onMessage((received) => inbox.take(received, Date.now()));
  const fleetFile = writeFleet(folder, {
    cluster: clusterName,
    nodes: fleet.nodes,
    ca: fleet.ca,
    login: await fleet.probeLogin(),
    slackUrl: receiver.url('slack'),
    webhookUrl: receiver.url('webhook'),
    signingKey,
  });
  return { inbox, fleetFile, endpointHost: new URL(receiver.url('slack')).host };
}

async function playStory(stage: Stage, scene: Scene, audience: Audience): Promise<StepFailed | undefined> {
  for (const [index, step] of story().entries()) {
    const line = scene.steps[index];
    if (!line) throw new Error(`the scene has no line for ${step.title}`);
    try {
      await playStep(stage, step, line);
    } catch (error) {
      if (!(error instanceof StepFailed)) throw error;
      audience.stepEnded(line);
      return error;
    }
    audience.stepEnded(line);
  }
  return undefined;
}
