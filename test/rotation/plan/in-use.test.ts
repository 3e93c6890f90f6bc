/** Rule 9: when every node is proven to use what it was given, and what a person's word is worth. */
import { describe, expect, it } from 'vitest';
import type { ConsumerSight, Rotation } from '../../../shared/rotation/rotation.ts';
import { day, delivered, hour, inUse, minute, noon, sight, versioned, voting } from './inputs.ts';

/** When the last sink got the new one. */
const at = noon - hour;
const margin = 5_000;
const forward = delivered('transit-token');
const word = (over: Partial<NonNullable<Rotation['confirmed']>> = {}) => ({
  confirmed: {
    by: 't/ada',
    byName: 'Ada',
    at: noon,
    why: 'I looked',
    direction: 'forward' as const,
    nodes: ['payments/payments-0', 'payments/payments-1', 'orders'],
    ...over,
  },
});
const nodes = (...started: (number | undefined)[]): ConsumerSight => ({
  cluster: 'payments',
  nodes: started.map((startedAt, index) => {
    const node = `payments-${index}`;
    return startedAt === undefined ? { node, unseen: 'not readable' } : { node, startedAt };
  }),
});

describe('a new secret', () => {
  it('is in use once every node started after the last delivery, by more than clocks may differ', () => {
    expect(inUse(forward, [nodes(at + margin + 1, noon)])).toEqual({ yes: true });
    expect(inUse(forward, [nodes(at + margin, noon)])).toEqual({
      yes: false,
      what: 'a restart of payments/payments-0, to use the new one',
      older: ['payments/payments-0'],
      unseen: [],
      consumers: ['payments'],
    });
  });

  it('is not while one sink was not delivered to: nobody knows which node reads it', () => {
    const sinks = { ...forward.sinks, second: { startedAt: at } };
    expect(inUse({ ...forward, sinks }, [nodes(noon)])).toMatchObject({ yes: false });
  });

  it('is not while a node of another cluster that shares it runs since before', () => {
    expect(inUse(forward, [nodes(noon), sight('orders', at - day)])).toMatchObject({
      yes: false,
      consumers: ['orders'],
    });
  });

  it('needs a word for nodes that are not seen', () => {
    expect(inUse(forward, [nodes(noon, undefined)])).toMatchObject({
      yes: false,
      what: "a person's word that payments/payments-1 restarted (their start times are not seen)",
      older: [],
      unseen: ['payments/payments-1'],
    });
    expect(inUse({ ...forward, ...word() }, [nodes(noon, undefined)])).toEqual({ yes: true });
  });

  it('takes a word for what it named only, and for all of that', () => {
    const named = (...names: string[]) => ({ ...forward, ...word({ nodes: names }) });
    const both = [nodes(undefined, undefined)];
    expect(inUse(named('payments/payments-0', 'payments/payments-1'), both)).toEqual({ yes: true });
    expect(inUse(named('payments/payments-1'), both)).toMatchObject({ unseen: ['payments/payments-0'] });
    const { nodes: _nodes, ...unnamed } = word().confirmed;
    expect(inUse({ ...forward, confirmed: unnamed }, both)).toMatchObject({ yes: false });
    expect(inUse(named('payments'), [nodes(noon, undefined)])).toMatchObject({ yes: false });
  });

  it('tells for whom a word does not count any more: they were seen with an older start since', () => {
    expect(inUse({ ...forward, ...word() }, [nodes(at - day, undefined)])).toMatchObject({
      voids: ['payments/payments-0'],
    });
    expect(inUse({ ...forward, ...word({ direction: 'back' }) }, [nodes(at - day)])).not.toHaveProperty(
      'voids',
    );
    expect(inUse(forward, [nodes(at - day)])).not.toHaveProperty('voids');
  });

  it('needs a word for voters that fleet.yaml does not name: one address may be of many', () => {
    const use = inUse(forward, [nodes(noon)], voting('payments', 3));
    expect(use).toEqual({
      yes: false,
      what: "a person's word that 2 more of payments (expect.voters: 3) restarted (their start times are not seen)",
      older: [],
      unseen: ['2 more of payments (expect.voters: 3)'],
      consumers: ['payments'],
    });
    const said = { ...forward, ...word({ nodes: use.yes ? [] : use.unseen }) };
    expect(inUse(said, [nodes(noon)], voting('payments', 3))).toEqual({ yes: true });
    expect(inUse(said, [nodes(noon)], voting('payments', 5))).toMatchObject({ yes: false });
    expect(inUse(forward, [nodes(noon, noon, noon)], voting('payments', 3))).toEqual({ yes: true });
  });

  it('names ten nodes, and counts the rest', () => {
    const many = (startedAt: number | undefined) => [
      nodes(...Array<undefined>(12).fill(startedAt as undefined)),
    ];
    const ten = Array.from({ length: 10 }, (_, index) => `payments/payments-${index}`).join(', ');
    const older = inUse(forward, many(at - day));
    expect(older).toMatchObject({ what: `a restart of ${ten} and 2 more, to use the new one` });
    expect(older.yes ? [] : older.older).toHaveLength(12);
    expect(inUse(forward, many(undefined))).toMatchObject({
      what: `a person's word that ${ten} and 2 more restarted (their start times are not seen)`,
    });
  });

  it('is not in use by anybody’s word where a node is seen to run since before', () => {
    expect(inUse({ ...forward, ...word() }, [nodes(at - day, undefined)])).toMatchObject({
      yes: false,
      what: 'a restart of payments/payments-0, to use the new one',
      unseen: [],
    });
  });

  it('asks for both at once', () => {
    expect(inUse(forward, [nodes(at - day, undefined)])).toMatchObject({
      what: "a restart of payments/payments-0, to use the new one; and a person's word that payments/payments-1 restarted (their start times are not seen)",
    });
  });

  it.each([
    ['of before the last delivery', { at }],
    ['about the way back', { direction: 'back' as const }],
  ])('takes no word %s', (_name, over) => {
    expect(inUse({ ...forward, ...word(over) }, [nodes(undefined)])).toMatchObject({ yes: false });
  });
});

describe('an old secret, put back', () => {
  const first = at - 1000;
  const restoredAt = noon - minute;
  const back: Rotation = { ...forward, direction: 'back', restoredAt };

  it('is in use by who started before any sink was given the new one, or after every sink had the old one', () => {
    expect(inUse(back, [nodes(first - margin - 1, restoredAt + margin + 1)])).toEqual({ yes: true });
  });

  it.each([
    ['at the time of the first request to a sink', first - margin],
    ['in between', at + minute],
    ['at the time when it was put back', restoredAt + margin],
  ])('is not by who started %s', (_name, startedAt) => {
    expect(inUse(back, [nodes(startedAt)])).toMatchObject({
      yes: false,
      what: 'a restart of payments/payments-0, to use the old one',
    });
  });

  it('takes no word before every sink has it, and none about the way forward', () => {
    const { restoredAt: _restoredAt, ...notYet } = back;
    const about = word({ direction: 'back' });
    expect(inUse({ ...notYet, ...about }, [nodes(undefined)])).toMatchObject({ yes: false });
    expect(inUse({ ...back, ...word() }, [nodes(undefined)])).toMatchObject({ yes: false });
    expect(inUse({ ...back, ...about }, [nodes(undefined)])).toEqual({ yes: true });
  });

  it('asks every node that started since the very first try', () => {
    const sinks = { ...back.sinks, first: { ...back.sinks['first'], firstAt: at - day } };
    expect(inUse({ ...back, sinks }, [nodes(at - hour)])).toMatchObject({ yes: false });
  });
});

describe('a new version of a key', () => {
  const rotation = versioned('transit-key');
  const made = noon - hour;

  it('is in use once each active node leads since after it was made, by more than clocks may differ', () => {
    expect(inUse(rotation, [sight('payments', made + minute + 1)])).toEqual({ yes: true });
    expect(inUse(rotation, [sight('payments', made + minute), sight('orders', noon)])).toMatchObject({
      yes: false,
      what: 'a restart or step-down of the active node of payments, which then wraps with version 2',
      older: ['payments'],
    });
  });

  it('counts by our clock where we made it, and by its maker’s where we follow', () => {
    const late = { ...rotation, reached: { ...rotation.reached, created: noon - minute } };
    expect(inUse(late, [sight('payments', made + 5 * minute)])).toMatchObject({ yes: false });
    const { creating: _creating, ...followed } = late;
    expect(inUse(followed, [sight('payments', made + 5 * minute)])).toEqual({ yes: true });
  });

  it('needs a word where nothing shows since when a cluster leads, and that never outweighs what is seen', () => {
    const hidden = sight('orders', undefined);
    expect(inUse({ ...rotation, consumers: ['orders'] }, [hidden])).toMatchObject({
      yes: false,
      unseen: ['orders'],
    });
    const alone = { ...rotation, consumers: ['orders'] };
    expect(inUse({ ...alone, ...word() }, [hidden])).toEqual({ yes: true });
    expect(inUse({ ...rotation, ...word({ at: made }) }, [hidden])).toMatchObject({ yes: false });
    expect(inUse({ ...rotation, ...word() }, [hidden, sight('payments', made)])).toMatchObject({
      yes: false,
      older: ['payments'],
      unseen: [],
    });
  });

  it('waits for a consumer that left fleet.yaml meanwhile: a word says that it does not need the old one', () => {
    const both = { ...rotation, consumers: ['payments', 'orders'] };
    const moved = [sight('payments', noon)];
    expect(inUse(both, moved)).toMatchObject({ yes: false, older: [], unseen: ['orders'] });
    expect(inUse({ ...both, ...word() }, moved)).toEqual({ yes: true });
  });
});
