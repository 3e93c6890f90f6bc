/** Who watches the demo: a person at a terminal, or whatever reads lines. */
import type { WriteStream } from 'node:tty';
import type { Cleanup } from './cleanup.ts';
import type { Scene, SeenFinding, StepLine } from './scene.ts';
import { openScreen } from './screen/terminal.ts';
import { clean } from './screen/text.ts';

export interface Audience {
  open: () => Promise<void>;
  /** The scene may have changed. */
  update: () => void;
  stepEnded: (line: StepLine) => void;
  close: () => Promise<void>;
}

/** A frame that is redrawn in place. */
export function liveAudience(
  out: WriteStream,
  scene: Scene,
  env: NodeJS.ProcessEnv,
  cleanup: Cleanup,
): Audience {
  let leave: () => void = () => undefined;
  return {
    open: async () => {
      leave = await cleanup.open(
        'the screen',
        async () => openScreen(out, scene, !env.NO_COLOR),
        (opened) => opened(),
      );
    },
    update: () => undefined,
    stepEnded: () => undefined,
    close: async () => leave(),
  };
}

/** Lines without ANSI: what changed since the last look. */
export function plainAudience(print: (line: string) => void, scene: Scene): Audience {
  const states = new Map<string, string>();
  let before: SeenFinding[] = [];
  let shown = 0;

  const update = (): void => {
    for (const { nodes } of scene.clusters) {
      for (const { name, state } of nodes) {
        const before = states.get(name);
        if (before !== state) print(`  node     ${name}: ${before ? `${before} -> ` : ''}${state}`);
        states.set(name, state);
      }
    }
    for (const line of findingChanges(before, scene.findings)) print(`  finding  ${line}`);
    before = scene.findings;
    // A message is shown with what the receiver of its signed copy says, which arrives within milliseconds.
    for (const message of scene.messages.slice(shown)) {
      if (message.signature === undefined) break;
      shown += 1;
      const [first = '', ...rest] = message.lines.map(clean);
      print(`  ${message.channel}    ${first}`);
      for (const text of rest) print(`             ${text}`);
      print(`             (webhook copy: signature ${message.signature})`);
    }
  };
  return {
    open: async () => undefined,
    update,
    stepEnded: (line) => {
      update();
      print(`${line.state === 'ok' ? 'ok    ' : 'FAILED'} ${line.title}: ${line.detail}`);
    },
    close: async () => update(),
  };
}

/** "- gone", "+ new", "~ now says": what happened to the findings between two looks. */
export function findingChanges(before: SeenFinding[], now: SeenFinding[]): string[] {
  const text = ({ severity, code, summary }: SeenFinding): string => `${severity} ${code}: ${clean(summary)}`;
  const has = (list: SeenFinding[], one: SeenFinding): boolean =>
    list.some((other) => text(other) === text(one));
  const gone = before.filter((one) => !has(now, one));
  const fresh = now.filter((one) => !has(before, one));
  const only = (list: SeenFinding[], { code }: SeenFinding): boolean =>
    list.filter((other) => other.code === code).length === 1;
  const reworded = fresh.filter((one) => only(before, one) && only(now, one) && only(gone, one));
  const isReworded = ({ code }: SeenFinding): boolean => reworded.some((one) => one.code === code);
  return [
    ...gone.filter((one) => !isReworded(one)).map((one) => `- ${text(one)}`),
    ...fresh.map((one) => `${isReworded(one) ? '~' : '+'} ${text(one)}`),
  ];
}
