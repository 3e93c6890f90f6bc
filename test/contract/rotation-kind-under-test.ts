/** What a world gives to the contract of kinds (./rotation-kind.ts). */
import type { Did, Kind, Look, RotationFailure } from '../../shared/rotation/rotation.ts';

/** `echo`: answers 200 with what it was sent, in every disguise, in another shape than it should have. */
export type Fault = 'unreachable' | 'hang' | 'throttled' | 'denied' | 'echo';

export interface KindUnderTest {
  kind: Kind;
  /** What the seal's reference leads to; it works. Undefined: nobody carries it (a key under a managed identity). */
  sealValue: string | undefined;
  /** Everything that would leak if it were told: the seal's value, logins of Sealwatch's own. */
  secrets(): string[];
  /** Refs of all credentials of this kind that live at the server, whoever made them. */
  live(): Promise<string[]>;
  /** Makes one that no rotation made, as a person would. @returns its ref. */
  foreign?: () => Promise<string>;
  sees: boolean;
  fault(fault: Fault | undefined): void;
  expects: Partial<Record<Fault, RotationFailure[]>>;
  /** What a creation that is denied names: the policy line, or the right that is missing. */
  missingRight: RegExp;
  /** The server does what the next creation asks, and its answer is lost. */
  loseNextAnswer(): void;
  /** What was made long enough ago works everywhere. */
  pass?: () => Promise<void>;
  now(): number;
  close(): Promise<void>;
}

/** Versions as the runner notes them before a creation: the newest, of equal times the last named. */
export function beforeOf({ versions }: Look): { before?: string } {
  const newest = versions?.toSorted((one, two) => one.madeAt - two.madeAt).at(-1);
  return newest ? { before: newest.version } : {};
}

export function must<T>(did: Did<T>): T {
  if (!did.ok) throw new Error(`${did.code}: ${did.detail}`);
  return did.value;
}
