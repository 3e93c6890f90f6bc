/** Rule 9 where a webhook's receiver brings the credential to nodes: that it was told is not that it is there. */
import { describe, expect, it } from 'vitest';
import { allFresh, away, day, delivered, hour, noon, planOf, reading, seen, sight, works } from './inputs.ts';

const at = noon - 3 * day;
const given = { firstAt: at, startedAt: at, deliveredAt: at };
const sinks = { first: given, second: given, hook: { ...given, settlesAt: at + hour } };
const reads = (value: 'fresh' | 'old', other: 'fresh' | 'old' = value) =>
  reading({ payments: value, orders: other });
/** Its nodes all started after the webhook was told, and the grace time is over. */
const told = {
  rotation: delivered('transit-token', {
    sinks,
    inUseAt: noon - 2 * day,
    reached: { due: at, created: at, delivered: at, verified: at },
  }),
  ...allFresh,
  consumers: [sight('payments', noon - day / 2, 2)],
};

describe("the seal's own reference, outside every sink", () => {
  it('still leads to the old one: that does not end', () => {
    const plan = planOf('transit-token', {
      ...told,
      ...seen(works({ ref: '1' })),
      ...reads('old'),
    });
    expect(plan).toMatchObject({
      do: 'wait',
      what: expect.stringContaining("seal's own reference") as string,
    });
  });

  it('leads to the new one: the old one ends', () => {
    const plan = planOf('transit-token', {
      ...told,
      ...seen(works({ ref: '2' })),
      ...reads('fresh'),
    });
    expect(plan).toMatchObject({ do: 'end-old', ref: '1' });
  });

  it('of another cluster that shares it leads to the old one: that does not end', () => {
    const plan = planOf('transit-token', { ...told, ...seen(works({ ref: '2' })), ...reads('fresh', 'old') });
    expect(plan).toMatchObject({
      do: 'wait',
      what: "the new one at the seal's own reference (seal.token, seal.clientSecret) of orders, where a webhook's receiver brings it",
    });
  });

  it('of one that cannot be read is waited for', () => {
    const { reads: both } = reads('fresh');
    const plan = planOf('transit-token', { ...told, reads: { ...both, orders: away } });
    expect(plan).toMatchObject({ what: "reading the seal's own reference of orders: nobody answers" });
  });

  it('nodes that started before it was seen to hold the new one may have read the old one', () => {
    const before = sight('payments', noon - 2 * day, 2);
    const rotation = {
      ...told.rotation,
      reached: { ...told.rotation.reached, verified: noon - day },
    };
    const plan = planOf('transit-token', {
      ...told,
      rotation,
      consumers: [before],
      ...reads('fresh'),
    });
    expect(plan).toMatchObject({ do: 'not-in-use' });
  });

  it('is waited for on the way back, too', () => {
    const restored = Object.fromEntries(
      Object.entries(sinks).map(([name, sink]) => [name, { ...sink, restoredAt: noon - day }]),
    );
    const rotation = {
      ...told.rotation,
      direction: 'back' as const,
      sinks: restored,
    };
    const held = { first: 'old', second: 'old' } as const;
    const back = (value: 'fresh' | 'old', other: 'fresh' | 'old' = value) =>
      planOf('transit-token', {
        ...told,
        rotation,
        held: Object.fromEntries(
          Object.entries(held).map(([name, what]) => [name, { ok: true, value: what }]),
        ),
        ...reads(value, other),
      });
    expect(back('fresh')).toMatchObject({ do: 'wait' });
    expect(back('old')).toMatchObject({ do: 'restored' });
    expect(back('old', 'fresh')).toMatchObject({ do: 'wait' });
  });
});
