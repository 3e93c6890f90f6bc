#!/usr/bin/env bash
# Takes rights away: a deployment gives what its parameters name, and deletes nothing that they no longer name.
# Shows what it found and the az commands; --apply runs them. To look, it asks Azure in both cases.
#
#   infra/take-away.sh --group sealwatch --of OBJECT_ID             all that a group, a person or an identity has in there
#   infra/take-away.sh --group sealwatch --of OBJECT_ID --on NAME   on the one table, queue, container, secret, key or app
#
# The lock of the account with the state refuses this, so it goes off and comes back, also where something fails. You need
# "Owner" or "User Access Administrator" of the resource group. What the templates still give comes back with the next deployment.
set -euo pipefail

group='' of='' on='' apply=''
while [ $# -gt 0 ]; do
  case $1 in
    --apply) apply=1; shift; continue ;;
    --group) group=${2:-} ;;
    --of) of=${2:-} ;;
    --on) on=${2:-} ;;
    *) echo "unknown: $1" >&2; exit 2 ;;
  esac
  if ! [[ ${2:-} =~ ^[A-Za-z0-9][A-Za-z0-9._-]{0,89}$ ]]; then echo "$1 needs a name or id" >&2; exit 2; fi
  shift 2
done
if ! [[ $of =~ ^[0-9A-Fa-f]{8}(-[0-9A-Fa-f]{4}){3}-[0-9A-Fa-f]{12}$ ]] || [ -z "$group" ]; then
  echo '--group RESOURCE_GROUP and --of OBJECT_ID are needed' >&2
  exit 2
fi

lock=escrow-is-in-here notes='Holds encrypted key shares and the audit of what was done with them.'
storage=Microsoft.Storage/storageAccounts

# Run, or shown as it can be pasted.
act() { if [ -n "$apply" ]; then az "$@" -o none </dev/null; else echo "az$(printf ' %q' "$@")" >&2; fi; }

within=$(az group show -n "$group" --query id -o tsv)
# A line each: id, role, what it is on. Azure does not keep the case of ids, nor do people.
rights() {
  az role assignment list --all --query '[].[principalId, id, roleDefinitionName, scope]' -o tsv |
    awk -F '\t' -v OFS='\t' -v of="$of" -v within="$within" -v on="$on" '
      { scope = tolower($4) "/"; last = "/" tolower(on) "/" }
      tolower($1) == tolower(of) && index(scope, tolower(within) "/") == 1 &&
        (on == "" || substr(scope, length(scope) - length(last) + 1) == last) { print $2, $3, $4 }'
}
found=$(rights)
if [ -z "$found" ]; then
  echo "$of has no such right in $group" >&2
  # A name that is mistyped must not look like a right that is gone.
  if [ -n "$apply" ] && [ -n "$on" ]; then echo "nothing was taken away on $on: without --on and --apply all rights are shown" >&2; exit 1; fi
  exit 0
fi
cut -f 2,3 <<<"$found"

locked=()
lock_again() {
  local account
  for account in ${locked[@]+"${locked[@]}"}; do
    act lock create -g "$group" -n "$lock" --lock-type CanNotDelete --resource "$account" --resource-type "$storage" --notes "$notes" || {
      echo "THE LOCK OF $account IS OFF: az lock create -g $group -n $lock --lock-type CanNotDelete --resource $account" \
        "--resource-type $storage" >&2
      exit 1
    }
  done
}
trap lock_again EXIT
trap 'exit 1' INT TERM
accounts=$(cut -f 3 <<<"$found" | tr '[:upper:]' '[:lower:]' | sed -n 's#.*/storageaccounts/\([^/]*\).*#\1#p' | sort -u)
for account in $accounts; do
  has=$(az lock list -g "$group" --resource "$account" --resource-type "$storage" --query "[?name=='$lock'].id | [0]" -o tsv)
  if [ -z "$has" ] || [ "$has" = None ]; then continue; fi
  locked+=("$account")
  act lock delete --ids "$has"
done

while IFS=$'\t' read -r id _; do act role assignment delete --ids "$id"; done <<<"$found"

left=''
if [ -n "$apply" ]; then left=$(rights); fi
if [ -n "$left" ]; then echo 'NOT ALL IS GONE: run it again' >&2; exit 1; fi
