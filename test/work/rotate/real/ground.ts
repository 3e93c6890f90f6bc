/** What one rotation stands on in a test: a credential at a fake of its provider, the places nodes read it from, fleet.yaml. */
import type { RotateReplacements } from '../../../../shared/compose/rotate.ts';
import type { KindName } from '../../../../shared/rotation/rotation.ts';
import type { ManualClock } from '../../../fakes/clock.ts';

export interface Place {
  name: string;
  /** What a node that starts now reads here. */
  live(): string | undefined;
  /** `next` and `previous` hold something. */
  leftovers(): string[];
}

export interface Ground {
  kind: KindName;
  /** For fleet.yaml; gone with the servers. */
  folder: string;
  clusters: Record<string, unknown>;
  env: Record<string, string>;
  replaced: Pick<RotateReplacements, 'azure' | 'sinks' | 'credential'>;
  clock: ManualClock;
  /** Empty: of a key, which nobody carries. */
  places: Place[];
  /** Every live one at the provider: its value, or the version of a key. */
  live(): string[];
  /** Whether a node that uses it unseals: a value, or the version of a key that its keys are wrapped with. */
  works(value: string): boolean;
  /** Of a key: the version that a new leader wraps with. */
  newest?: () => string | undefined;
  /** Is to be told nowhere. */
  secrets(): string[];
}

/** Servers that are shared by many rotations, one after the other. */
export interface Servers {
  /** @param first made by people, or by an earlier rotation of ours: due by fleet.yaml. */
  ground(kind: KindName, first?: 'people' | 'ours'): Promise<Ground>;
  close(): Promise<void>;
}
