/** What `sealwatch --help` says. */

export const usage = `usage: sealwatch COMMAND

What watch last saw
  status [--cluster C] [--json]                  clusters, nodes and alerts, the worst first, and whether anybody watches

Escrow
  escrow import --cluster C [--file F] [--yes]   shares of vault operator init, or typed unseen, to the custodians
  escrow list                                    what is in use, proven, or wrong, of each cluster
  escrow verify --cluster C [--by-recover]       opens each envelope, with your own login or as recover
  escrow rewrap --cluster C                      to the newest key versions
  escrow rebind --cluster C --reason R           asks to bind the shares to what fleet.yaml says now
  escrow go-back --cluster C                     an approver: back to the last proven generation, while this one is not
  escrow export --cluster C [--out F]            the wrapped envelopes, for break-glass

Readiness: would a node that restarted right now unseal?
  readiness [--cluster C] [--now] [--json]       as last exercised; --now exercises it first

Rotation of what unseals; KIND: transit-token, transit-key, entra-secret or keyvault-key
  rotation list [--cluster C] [--json]           what each waits for
  rotation show ID
  rotation run CLUSTER KIND --reason R           now, whether it is due or not
  rotation confirm ID --reason R                 an approver: nodes whose start is not seen were restarted
  rotation rollback ID --reason R                back to the one before, as long as that lives
  rotation approve ID [--yes]
  rotation forget ID --reason R                  an approver: one whose cluster is not in fleet.yaml any more

Recovery
  request --cluster C --reason R [--dry-run] [--lost NODE]... [--take-over]
  show ID
  approve ID [--yes]
  reject ID --reason R
  hold --cluster C (--until T | --for 2h) --reason R
  hold --cluster C --end
  recover --cluster C --reason R [--dry-run] [--take-over] [--envelopes F --without-state] ...
                                                 break-glass, with your own login (sealwatch recover --help)

People
  token --as NAME --role R [--role R]            for the embedded host only; R: read, operate, approve

Settings
  SEALWATCH_API               where recover runs               http://127.0.0.1:7071
  SEALWATCH_ROTATE_API        where rotate runs                as SEALWATCH_API on this machine
  SEALWATCH_WATCH_API         where watch runs                 as SEALWATCH_API on this machine
  SEALWATCH_TOKEN             your token; without it, your Azure login (az login) gives one
  SEALWATCH_ENTRA_AUDIENCE    application id of recover's registration; SEALWATCH_ROTATE_AUDIENCE and
                              SEALWATCH_WATCH_AUDIENCE of the others': infra/entra.sh prints the three
  SEALWATCH_FLEET             path or blob URL of fleet.yaml   ./fleet.yaml
  SEALWATCH_STORAGE...        recover's storage account, used with your login by escrow import, list, verify,
                              export, and recover; without it, the embedded host's of this folder
  SEALWATCH_ISSUER_FILE       key of the embedded host's issuer  .sealwatch/issuer.pem

Exit codes: 0 done, 1 refused or failed, 2 not understood.
Of readiness also 1: a cluster is not ready, at risk, or was exercised too long ago.
Of status also 1: nobody watches, or something is critical, unknown, not swept or unreadable.`;
