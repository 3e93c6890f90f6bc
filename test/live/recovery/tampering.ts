/** Somebody who writes to the container of escrow blobs, and what recovery of a real sealed node makes of it. */
import { expect } from 'vitest';
import { type Generation, generationBlobName } from '../../../shared/escrow/generation.ts';
import { generationBytes } from '../../../shared/escrow/write.ts';
import type { Recovery } from '../../../shared/recovery/recovery.ts';
import type { Cluster } from '../../servers/vault-cluster.ts';
import { sealed, sealStatus } from './clusters.ts';
import type { Recovering } from './recovering.ts';

/** What a changed blob holds: no type is promised any more. */
export type Tampered = { [Field in keyof Generation]?: unknown };
export type Change = (blob: Generation) => Tampered;

/** Everything in a value that is neither object nor list, as `envelopes.*.iv`: `*` is any place of a list. */
export function fieldsOf(value: unknown): string[] {
  if (typeof value !== 'object' || value === null) return [''];
  const found = Object.entries(value).flatMap(([key, inner]) => {
    const step = Array.isArray(value) ? '*' : key;
    return fieldsOf(inner).map((rest) => (rest === '' ? step : `${step}.${rest}`));
  });
  return [...new Set(found)];
}

/** A copy in which every value at this path is another; undefined leaves it out. */
export function withField(path: string, to: (was: unknown) => unknown): Change {
  const steps = path.split('.');
  const change = (value: unknown, place: number): unknown => {
    const step = steps[place];
    if (step === undefined) return to(value);
    if (Array.isArray(value)) return value.map((one: unknown) => change(one, place + 1));
    if (typeof value !== 'object' || value === null) throw new Error(`nothing is at ${path}`);
    return { ...value, [step]: change((value as Record<string, unknown>)[step], place + 1) };
  };
  return (blob) => change(blob, 0) as Tampered;
}

export const blobName = (cluster: string, generation: number, revision = 1) =>
  generationBlobName({ cluster, generation, revision });

export function readBlob({ state }: Recovering, name: string): Generation {
  return JSON.parse(state.blobs.get(name)?.toString() ?? '') as Generation;
}

export class Tampering {
  readonly #app: Recovering;
  /** `payments` and whoever else is sealed: none of them is to hear a thing. */
  readonly #clusters: Cluster[];
  readonly #whole: Buffer;
  readonly #name: string;

  /** @param name of the blob in use. */
  constructor(app: Recovering, clusters: Cluster[], name = blobName('payments', 1)) {
    this.#app = app;
    this.#clusters = clusters;
    this.#name = name;
    this.#whole = app.state.blobs.get(name) ?? Buffer.of();
  }

  change(change: Change): void {
    const changed = generationBytes(change(readBlob(this.#app, this.#name)) as Generation);
    expect(changed).not.toEqual(this.#whole);
    this.#app.state.blobs.set(this.#name, changed);
  }

  putBack(): void {
    this.#app.state.blobs.set(this.#name, this.#whole);
  }

  /** Whoever can change the blob can change the digest in its row, too. @returns the way back */
  hideFromDigest(): () => void {
    const { state } = this.#app;
    const { escrow } = state;
    const read: typeof escrow.read = (name) => escrow.read(name);
    state.escrow = Object.assign(Object.create(escrow) as typeof escrow, {
      read: async (name: string) => {
        const blob = await read(name);
        const row = await this.#app.state.generations.newest('payments');
        return blob && row && { ...blob, digest: row.value.digest };
      },
    });
    return () => {
      state.escrow = escrow;
    };
  }

  /** Nudges, and again when custodians had a quarter of an hour: it ends, says this, and no node heard of it. */
  async refuses(says: RegExp): Promise<Recovery> {
    const app = this.#app;
    const before = app.newest('payments');
    let recovery = await app.nudge('payments');
    for (let most = 2; most > 0 && recovery?.status === 'open'; most -= 1) {
      app.later(16 * 60_000);
      recovery = await app.nudge('payments');
    }
    if (!recovery || recovery.id === before?.id) throw new Error('no recovery began');
    expect(recovery.ended?.outcome).toMatch(/^(refused|failed)$/);
    expect(recovery.ended?.summary).toMatch(says);
    await this.expectSilence();
    return recovery;
  }

  /** Zero share bytes at each node, no key opened for any, and the generation in good standing. */
  async expectSilence(): Promise<void> {
    const app = this.#app;
    const { state, sent } = app;
    for (const cluster of this.#clusters) {
      for (const { name } of cluster.nodes) {
        expect(await sealStatus(cluster, name)).toEqual({ sealed: true, progress: 0, nonce: '' });
        expect(app.sharesSentTo(name)).toBe(0);
      }
    }
    expect(sent).toEqual([]);
    const opened = state.audited.filter(
      ({ what, recovery }) => what === 'key-opened' && recovery !== undefined,
    );
    expect(opened).toEqual([]);
    const row = (await state.generations.newest('payments'))?.value;
    expect(row?.bad).toBeUndefined();
    expect(row?.provenAt).toBeUndefined();
  }

  /** With a threshold of shares, and `payments` alone. */
  async recovers(): Promise<Recovery | undefined> {
    const app = this.#app;
    const recovery = await app.nudge('payments');
    expect(recovery?.ended?.outcome).toBe('recovered');
    const [payments] = this.#clusters;
    expect(payments && (await sealed(payments))).toEqual([]);
    for (const { name } of payments?.nodes ?? []) expect(app.sharesSentTo(name)).toBe(3);
    expect(app.sent).toHaveLength(3);
    return recovery;
  }

  /** The blob alone, then its digest too; and once the blob is back as it was, the node serves. */
  async isFoundOut(change: Change, says: RegExp): Promise<void> {
    this.change(change);
    await this.refuses(/the blob payments\/[0-9.]+json is not the one that was accepted/);
    const undo = this.hideFromDigest();
    await this.refuses(says);
    undo();
    this.putBack();
    await this.recovers();
  }
}
