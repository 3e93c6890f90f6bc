/** A raft configuration that a person has from before: what `vault operator raft list-peers -format=json` printed. */
import { z } from 'zod';
import type { Glass } from './deps.ts';

const schema = z.looseObject({
  data: z.looseObject({
    config: z.looseObject({
      servers: z
        .array(
          z.looseObject({
            node_id: z.string().min(1).max(200),
            address: z.string().min(1).max(300),
            voter: z.boolean(),
          }),
        )
        .min(1)
        .max(99),
    }),
  }),
});

/** @param at when the file was written, ms. */
export function readRaft(
  text: string,
  at: number,
): { ok: true; raft: NonNullable<Glass['raft']> } | { ok: false; problem: string } {
  const problem = 'is not what "vault operator raft list-peers -format=json" prints';
  try {
    const { servers } = schema.parse(JSON.parse(text)).data.config;
    return {
      ok: true,
      raft: {
        at,
        servers: servers.map(({ node_id: nodeId, address, voter }) => ({ nodeId, address, voter })),
      },
    };
  } catch {
    return { ok: false, problem };
  }
}
