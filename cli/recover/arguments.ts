/** Arguments of `sealwatch recover`. */
import { parseArgs } from 'node:util';
import { reasonProblem } from '../../shared/people/reason.ts';
import type { Contribution } from '../../shared/work/break-glass/contribute/targets.ts';

export const usage = `usage: sealwatch recover --cluster C --reason R [--take-over]
       sealwatch recover --cluster C --reason R --envelopes FILE --without-state
  Brings a cluster back from this machine while Functions are down (break-glass), with your own Azure login. Where storage
  answers, envelopes are read there, and the recovery's row keeps every other recovery of the cluster away meanwhile.

  --cluster C        which cluster
  --reason R         why; kept on record
  --dry-run          looks and plans; sends, opens and writes nothing
  --take-over        ends the recovery that is open in storage, and takes its place
  --yes              does not ask

  Storage is down, too:
  --envelopes FILE   its envelopes, as "sealwatch escrow export" wrote them
  --without-state    goes on without storage: cannot be kept apart from a recovery that runs elsewhere

  --lost NODE…       nodes that are lost for good: prints the peers.json for the others
  --raft FILE        the raft configuration from before, by "vault operator raft list-peers -format=json"
  --without-fleet    goes by the envelopes' own addresses and keys instead of fleet.yaml
  --file FILE        where intents and audit are kept     ./sealwatch-recovery-CLUSTER-TIME.jsonl

  Several people, each with a custodian of their own:
  --custodian X      gives the shares of custodian X only
  --nonce N          joins the set that the person before read out (once for each node; 8 characters are enough)
  --progress P       how many shares that set had
  --given 1,2        which shares were given already

  SEALWATCH_FLEET          path or blob URL of fleet.yaml                ./fleet.yaml
  SEALWATCH_STORAGE...     recover's storage account: read; tables recoveries, generations and starts, and container
                           audit-recover, are written
  SEALWATCH_ESCROW_VAULTS  Key Vaults that may hold escrow keys`;

export interface Asked {
  cluster: string;
  envelopes?: string;
  withoutState: boolean;
  takeOver: boolean;
  withoutFleet: boolean;
  dryRun: boolean;
  yes: boolean;
  reason: string;
  lost: string[];
  raft?: string;
  file?: string;
  contribution?: Contribution;
}

export type ParsedArguments = { ok: true; asked: Asked } | { ok: false; help: boolean; problem: string };

const options = {
  cluster: { type: 'string' },
  envelopes: { type: 'string' },
  'without-state': { type: 'boolean' },
  'take-over': { type: 'boolean' },
  'without-fleet': { type: 'boolean' },
  'dry-run': { type: 'boolean' },
  yes: { type: 'boolean' },
  reason: { type: 'string' },
  lost: { type: 'string', multiple: true },
  raft: { type: 'string' },
  file: { type: 'string' },
  custodian: { type: 'string' },
  nonce: { type: 'string', multiple: true },
  progress: { type: 'string' },
  given: { type: 'string' },
  help: { type: 'boolean' },
} as const;

export function parseArguments(args: string[]): ParsedArguments {
  const parsed = parse(args);
  if (typeof parsed === 'string') return wrong(parsed);
  const { values, positionals } = parsed;
  if (values.help) return { ok: false, help: true, problem: '' };
  if (!values.cluster || !/^[a-z][a-z0-9-]{0,62}$/.test(values.cluster))
    return wrong('--cluster C: name the cluster');
  if (positionals.length > 0 && !values.lost) return wrong('a word stands there that belongs to no option');
  const withoutState = values['without-state'] ?? false;
  const dryRun = values['dry-run'] ?? false;
  const takeOver = values['take-over'] ?? false;
  if (withoutState && !values.envelopes) {
    return wrong(
      '--envelopes FILE: without storage, name the file that "sealwatch escrow export" wrote; or leave --without-state out, and envelopes are read from storage',
    );
  }
  if (takeOver && (dryRun || values.envelopes)) {
    return wrong(
      `--take-over ends the recovery that is open in storage: it has no meaning with ${dryRun ? '--dry-run, which ends nothing' : '--envelopes'}`,
    );
  }
  const reason = values.reason?.trim() ?? '';
  const wrongReason = dryRun && reason === '' ? undefined : reasonProblem(reason);
  if (wrongReason !== undefined) return wrong(`--reason R: ${wrongReason}`);
  const contribution = contributionOf(values);
  if (typeof contribution === 'string') return wrong(contribution);
  const { raft, file, envelopes } = values;
  return {
    ok: true,
    asked: {
      cluster: values.cluster,
      withoutState,
      takeOver,
      withoutFleet: values['without-fleet'] ?? false,
      dryRun,
      yes: values.yes ?? false,
      reason: reason === '' ? 'dry run' : reason,
      lost: [...(values.lost ?? []), ...positionals].flatMap((names) => names.split(',')).filter(Boolean),
      ...(envelopes !== undefined && { envelopes }),
      ...(raft !== undefined && { raft }),
      ...(file !== undefined && { file }),
      ...(contribution && { contribution }),
    },
  };
}

function parse(args: string[]) {
  try {
    return parseArgs({ args, options, allowPositionals: true });
  } catch (error) {
    // Its own sentence repeats what was typed, which may be a share.
    const code = error instanceof Error && 'code' in error ? error.code : undefined;
    return code === 'ERR_PARSE_ARGS_UNKNOWN_OPTION'
      ? 'there is an option that recover does not know'
      : 'an option lacks its value, or has one that it does not take';
  }
}

type Values = Exclude<ReturnType<typeof parse>, string>['values'];

function contributionOf({
  custodian,
  nonce,
  progress,
  given,
  lost,
}: Values): Contribution | string | undefined {
  if (custodian === undefined) {
    return nonce || progress !== undefined || given !== undefined
      ? '--nonce, --progress and --given belong to --custodian X'
      : undefined;
  }
  if (lost) return '--lost has no meaning with --custodian';
  if ((nonce === undefined) !== (progress === undefined)) return '--nonce and --progress belong together';
  const indexes = (given ?? '').split(',').filter(Boolean).map(Number);
  if (indexes.some((index) => !Number.isInteger(index) || index < 1))
    return '--given: indexes of shares, such as 1,2';
  if (nonce === undefined || progress === undefined) return { custodian, given: indexes };
  const count = Number(progress);
  if (!/^\d{1,3}$/.test(progress) || count < 1) return '--progress P: how many shares were read out, from 1';
  if (nonce.some((one) => !/^[0-9a-f-]{8,40}$/i.test(one))) {
    return '--nonce N: as it was read out, at least its first 8 characters';
  }
  return { custodian, given: indexes, join: { nonces: nonce, progress: count } };
}

function wrong(problem: string): ParsedArguments {
  return { ok: false, help: false, problem };
}
