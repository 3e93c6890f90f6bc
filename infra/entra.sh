#!/usr/bin/env bash
# Entra's side: who may act, and what the Vaults' tokens are for. Shows the az commands; --apply runs them. With --app-id it
# looks what is there, to show them, too.
#
#   infra/entra.sh                                     registrations of watch, rotate and recover
#   infra/entra.sh --vaults DOMAIN --login OBJECT_ID   one for the Vaults of a trust domain, and who may have tokens for it
#
# --prefix NAME     begins the registrations' names (sealwatch)
# --client ID       application that people sign in with (Azure's own CLI: az account get-access-token)
# --login ID        object id of watch's or rotate's managed identity; may be given again
# --app-id ID       a registration that this script made before, to bring it up to date; may be given again. One that is
#                   only found by its name is left alone: a name proves nothing, and its owner could let anybody approve
#
# You need "Application Administrator" in Entra, and for --login "Privileged Role Administrator". Secrets: none is made.
set -euo pipefail

prefix=sealwatch client=04b07795-8ddb-461a-bbee-02f9e1bf7b46 domain='' apply='' logins=() reused=()
while [ $# -gt 0 ]; do
  case $1 in
    --apply) apply=1; shift; continue ;;
    --prefix) prefix=${2:-} ;;
    --client) client=${2:-} ;;
    --vaults) domain=${2:-} ;;
    --login) logins+=("${2:-}") ;;
    --app-id) reused+=("${2:-}") ;;
    *) echo "unknown: $1" >&2; exit 2 ;;
  esac
  if [ -z "${2:-}" ]; then echo "$1 needs a value" >&2; exit 2; fi
  shift 2
done
for value in "$prefix" "$client" ${domain:+"$domain"} ${logins[@]+"${logins[@]}"} ${reused[@]+"${reused[@]}"}; do
  if ! [[ $value =~ ^[A-Za-z0-9][A-Za-z0-9-]{0,59}$ ]]; then
    echo "'$value' is no name or id: letters, digits and dashes" >&2
    exit 2
  fi
done
if [ ${#logins[@]} -gt 0 ] && [ -z "$domain" ]; then echo '--login needs --vaults' >&2; exit 2; fi

# Ids of roles and scopes are any that are unique within their registration.
role() { printf '{"id":"%s","value":"%s","displayName":"%s","description":"%s","allowedMemberTypes":["%s"],"isEnabled":true}' "$@"; }
# Roles are people's: app-only tokens count for nothing (DESIGN, rule 7).
see=5ea10000-0000-4000-8000-000000000001 operate=5ea10000-0000-4000-8000-000000000002 approve=5ea10000-0000-4000-8000-000000000003
reads=$(role $see Sealwatch.Read Read 'Sees clusters, recoveries and rotations.' User)
people=$(
  printf '[%s,%s,%s]' "$reads" \
    "$(role $operate Sealwatch.Operate Operate 'Asks for recoveries and rotations, holds, escrow upkeep.' User)" \
    "$(role $approve Sealwatch.Approve Approve 'Approves what somebody else asked for.' User)"
)
scope=5ea10000-0000-4000-8000-00000000000a
vaultLogin=5ea10000-0000-4000-8000-00000000000b
machines="[$(role $vaultLogin Vault.Login 'Vault login' 'May have a token that the Vaults of this trust domain take.' Application)]"

# What only looks is run in any case where --app-id names something that is there; not of what is still to be made.
looks() {
  if [ ${#reused[@]} -eq 0 ] || [[ "$*" == *_OF_* ]]; then return 1; fi
  case "$1 $2 $3" in 'ad app list' | 'ad app show' | 'ad sp list' | 'rest --method GET') ;; *) return 1 ;; esac
}
# Shown (to stderr), or run; what it answers goes to stdout when run, and a word in its place when shown.
asked() {
  local place=$1 line=az word
  shift
  if [ -z "$apply" ]; then
    for word in "$@"; do
      if [[ $word =~ ^[A-Za-z0-9_./:=@-]+$ ]]; then line+=" $word"; else line+=" '${word//\'/\'\\\'\'}'"; fi
    done
    echo "$line" >&2
    if ! looks "$@"; then echo "$place"; return; fi
  fi
  # Nothing found is an empty line, or "None".
  az "$@" | sed 's/^None$//'
}
graph() { asked '' rest --method "$1" --url "https://graph.microsoft.com/v1.0/$2" --body "$3" >/dev/null; }

refuse() { echo "$1" >&2; exit 1; }
# Of a registration or service principal. Application Administrators do not become owners of what they make.
owners() { asked '' rest --method GET --url "https://graph.microsoft.com/v1.0/$1/owners" --query "join(' ', value[].id)" -o tsv; }
principal_of() { asked '' ad sp list --filter "appId eq '$1'" --query '[0].id' -o tsv; }

# What is there by this name, before anything is written: nothing, or one that --app-id names and that nobody owns.
# Sets: found.
find_made() {
  local name=$1 ids=$2 there id has sp owner given
  found=''
  there=$(asked '' ad app list --display-name "$name" --query "[?displayName=='$name'].appId" -o tsv)
  for id in $there; do
    for given in ${reused[@]+"${reused[@]}"}; do
      if [ "$given" = "$id" ]; then found=$id; fi
    done
  done
  if [ -n "$there" ] && [ -z "$found" ]; then
    refuse "There is a registration $name already: $(echo $there). If this script made it: --app-id ID. If not, --prefix another name."
  fi
  if [ -z "$found" ]; then return; fi
  has=$(asked '' ad app show --id "$found" --query "join(' ', appRoles[].id)" -o tsv)
  for id in $ids; do
    if [[ " $has " != *" $id "* ]]; then refuse "$name ($found) lacks the role $id: this script did not make it."; fi
  done
  owner=$(owners "applications(appId='$found')")
  sp=$(principal_of "$found")
  if [ -z "$owner" ] && [ -n "$sp" ]; then owner=$(owners "servicePrincipals/$sp"); fi
  if [ -n "$owner" ]; then
    refuse "$name ($found) is owned by $owner, who could change who may act. Take the owner away, look at who has its roles, and try again."
  fi
}

# Each --app-id was one of them.
all_found() {
  local given
  for given in ${reused[@]+"${reused[@]}"}; do
    if [[ " $1 " != *" $given "* ]]; then refuse "$given is no registration of the name that this run is for."; fi
  done
}

# A registration of this tenant alone, whose tokens are v2, and its service principal, which gives tokens to nobody who
# was not assigned. Sets: id, object, principal.
register() {
  local name=$1 roles=$2 owner
  id=$4
  if [ -z "$id" ]; then
    id=$(asked "APP_ID_OF_$name" ad app create --display-name "$name" --sign-in-audience AzureADMyOrg --app-roles "$roles" --query appId -o tsv)
  fi
  object=$(asked "OBJECT_ID_OF_$name" ad app show --id "$id" --query id -o tsv)
  graph PATCH "applications/$object" "{\"identifierUris\":[\"api://$id\"],\"appRoles\":$roles,\"api\":$3}"
  principal=$(principal_of "$id")
  if [ -z "$principal" ]; then
    principal=$(asked "PRINCIPAL_OF_$name" ad sp create --id "$id" --query id -o tsv)
  fi
  graph PATCH "servicePrincipals/$principal" '{"appRoleAssignmentRequired":true}'
  owner=$(owners "applications/$object")
  owner+=" "$(owners "servicePrincipals/$principal")
  owner=$(echo $owner)
  if [ -n "$owner" ]; then
    echo "$owner owns $name, and could change who may act: take that away, for the registration and the enterprise application" >&2
  fi
}

if [ -n "$domain" ]; then
  # One for each trust domain (DESIGN, rule 16): a Vault that is sent a token cannot show it to another domain's.
  name=$prefix-vault-$domain
  find_made "$name" $vaultLogin
  all_found "$found"
  register "$name" "$machines" '{"requestedAccessTokenVersion":2}' "$found"
  for login in ${logins[@]+"${logins[@]}"}; do
    has=$(asked '' rest --method GET --url "https://graph.microsoft.com/v1.0/servicePrincipals/$login/appRoleAssignments" --query "value[?resourceId=='$principal'].id | [0]" -o tsv)
    if [ -n "$has" ]; then continue; fi
    graph POST "servicePrincipals/$login/appRoleAssignments" \
      "{\"principalId\":\"$login\",\"resourceId\":\"$principal\",\"appRoleId\":\"$vaultLogin\"}"
  done
  echo "fleet.yaml: login: {method: jwt, role: sealwatch-probe, audience: \"api://$id\"}"
  echo "main.bicepparam: param loginAudiences = [ 'api://$id' ]"
  echo "vault/jwt.sh: --audience $id,api://$id"
else
  access="{\"id\":\"$scope\",\"value\":\"Sealwatch.Access\",\"type\":\"User\",\"isEnabled\":true,\"adminConsentDisplayName\":\"Act in Sealwatch\",\"adminConsentDescription\":\"Act in Sealwatch with the roles that you have.\",\"userConsentDisplayName\":\"Act in Sealwatch\",\"userConsentDescription\":\"Act in Sealwatch with the roles that you have.\"}"
  allowed="[{\"appId\":\"$client\",\"delegatedPermissionIds\":[\"$scope\"]}]"
  # A token for one app is none for another. Nobody acts through watch: it is looked at.
  made=()
  for app in watch rotate recover; do
    ids="$see $operate $approve"
    if [ $app = watch ]; then ids=$see; fi
    find_made "$prefix-$app" "$ids"
    made+=("$found")
  done
  all_found "${made[*]}"
  i=0
  for app in watch rotate recover; do
    api="\"requestedAccessTokenVersion\":2,\"oauth2PermissionScopes\":[$access]"
    roles=$people
    if [ $app = watch ]; then roles="[$reads]"; fi
    register "$prefix-$app" "$roles" "{$api}" "${made[$i]}"
    i=$((i + 1))
    # Only once the scope is there.
    graph PATCH "applications/$object" "{\"api\":{$api,\"preAuthorizedApplications\":$allowed}}"
    echo "param ${app}Audience = '$id'"
  done
  echo "param entraClientIds = [ '$client' ]"
fi
