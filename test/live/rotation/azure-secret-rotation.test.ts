/**
 * The client secret of a real Vault's seal, end to end: whenever the node is killed meanwhile, it starts with what its sinks
 * hold and unseals by itself. Azure is fakes; Vault's client for it is Vault's own.
 */
import { afterAll, afterEach, beforeAll, describe, expect, it } from 'vitest';
import { rollBackRotation } from '../../../shared/work/rotate/respond-rotation.ts';
import { leaks } from '../../fakes/hostile/disguises.ts';
import { placeOf } from './place-of.ts';
import { ada, type RotatedAzure, secretAsked, startRotatedAzure } from './rotated-azure.ts';

let rig: RotatedAzure;
beforeAll(async () => {
  rig = await startRotatedAzure();
  rig.asks(secretAsked(rig));
});
afterAll(() => rig?.close());
afterEach(() => {
  rig.onRow(undefined);
  const { azure } = rig;
  const secrets = [...azure.graph.secrets().map(({ value }) => value), azure.graph.token, azure.vaults.token];
  expect(leaks(rig.told(), secrets)).toEqual([]);
});

const replicasMs = 61_000;
const live = () => rig.azure.graph.secrets().map(({ value }) => value);

/** Each new place of the row, in order: at each, the node was killed, and served again. */
function restartEverywhere(): string[] {
  const places: string[] = [];
  rig.onRow(async (rotation) => {
    const place = placeOf(rotation);
    if (places.includes(place)) return;
    places.push(place);
    await rig.restart();
    expect(live().length).toBeLessThanOrEqual(2);
  });
  return places;
}

describe('the client secret of a seal', () => {
  it('is replaced: whenever the node restarts meanwhile, it unseals; the old one ends last', async () => {
    const [before] = rig.held();
    const places = restartEverywhere();
    const asked = await rig.ask('entra-secret');
    expect(asked).toMatchObject({ stage: 'created', old: { ours: true } });
    expect(asked.waiting?.what).toBe("Entra's other replicas to know it");
    expect(rig.held()).toEqual([before, before]);
    rig.clock.goAhead(replicasMs);
    const delivered = await rig.turn();
    expect(delivered.waiting?.what).toContain('a restart of edge/edge-1');
    expect(live()).toEqual([before, ...new Set(rig.held())]);
    const ended = await rig.restartUntilEnded();
    expect(ended.ended).toMatchObject({ outcome: 'retired', left: [] });
    expect(places).toEqual([
      'due',
      'due made',
      'created',
      'created node?',
      'created node',
      'created node vault?',
      'created node vault',
      'delivered node vault',
      'verified node vault',
      'verified node vault in use',
      'retired node vault in use',
    ]);
    expect(rig.held()).toEqual([...live(), ...live()]);
    expect(live()).not.toContain(before);
    await rig.restart();
    expect((await rig.rotating.ready('edge')).standing).toEqual({ state: 'ready' });
  });

  it('is rolled back after its delivery: whenever the node restarts meanwhile, it unseals; the new one ends last', async () => {
    const [before] = rig.held();
    const { id } = await rig.ask('entra-secret');
    rig.clock.goAhead(replicasMs);
    expect(await rig.turn()).toMatchObject({ stage: 'verified' });
    const [fresh] = rig.held();
    await rig.restart();
    const places = restartEverywhere();
    expect(await rollBackRotation(rig.deps, id, ada, 'a test takes it back')).toMatchObject({ ok: true });
    await rig.turn();
    expect(rig.held()).toEqual([before, before]);
    expect(live()).toEqual([before, fresh]);
    rig.clock.goAhead(6 * 60_000);
    const ended = await rig.restartUntilEnded();
    expect(ended.ended).toMatchObject({ outcome: 'rolled-back' });
    expect(places).toEqual([
      'back: verified node vault',
      'back: verified node back vault',
      'back: verified node back vault back',
      'back: verified node back vault back restored',
      'back: verified node back vault back restored in use',
      'back: verified node back vault back restored in use ended',
    ]);
    expect(live()).toEqual([before]);
    await rig.restart();
  });

  it('that was removed behind our back is found while Vault still answers 200, and replaced', async () => {
    const [removed] = rig.azure.graph.secrets();
    rig.azure.graph.removeByHand(removed?.keyId ?? '');
    expect((await rig.rotating.ready('edge')).standing).toMatchObject({
      state: 'not-ready',
      why: expect.stringContaining('AADSTS7000215') as string,
    });
    const opened = await rig.turn();
    expect(opened).toMatchObject({ status: 'open', repairs: true, byName: 'Sealwatch' });
    expect(opened.old).toBeUndefined();
    rig.clock.goAhead(replicasMs);
    expect(await rig.turn()).toMatchObject({ stage: 'verified' });
    expect(await rig.health()).toBe(200);
    const ended = await rig.restartUntilEnded();
    expect(ended.ended).toMatchObject({ outcome: 'retired' });
    expect(rig.held()).toEqual([...live(), ...live()]);
    expect((await rig.rotating.ready('edge')).standing).toEqual({ state: 'ready' });
  });
});
