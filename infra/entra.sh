#!/usr/bin/env bash
# Entra's side: who may act, and what the Vaults' tokens are for. Shows the az commands; --apply runs them.
#
#   infra/entra.sh                                     registrations of rotate and recover
#   infra/entra.sh --vaults DOMAIN --login OBJECT_ID   one for the Vaults of a trust domain, and who may have tokens for it
#
# --prefix NAME     begins the registrations' names (sealwatch)
# --client ID       application that people sign in with (Azure's own CLI: az account get-access-token)
# --login ID        object id of watch's or rotate's managed identity; may be given again
#
# You need "Application Administrator" in Entra, and for --login "Privileged Role Administrator". Secrets: none is made.
set -euo pipefail

prefix=sealwatch client=04b07795-8ddb-461a-bbee-02f9e1bf7b46 domain='' apply='' logins=()
while [ $# -gt 0 ]; do
  case $1 in
    --apply) apply=1; shift; continue ;;
    --prefix) prefix=${2:-} ;;
    --client) client=${2:-} ;;
    --vaults) domain=${2:-} ;;
    --login) logins+=("${2:-}") ;;
    *) echo "unknown: $1" >&2; exit 2 ;;
  esac
  if [ $# -lt 2 ]; then echo "$1 needs a value" >&2; exit 2; fi
  shift 2
done
for value in "$prefix" "$client" ${domain:+"$domain"} ${logins[@]+"${logins[@]}"}; do
  if ! [[ $value =~ ^[A-Za-z0-9][A-Za-z0-9-]{0,59}$ ]]; then
    echo "'$value' is no name or id: letters, digits and dashes" >&2
    exit 2
  fi
done
if [ ${#logins[@]} -gt 0 ] && [ -z "$domain" ]; then echo '--login needs --vaults' >&2; exit 2; fi

# Ids of roles and scopes are any that are unique within their registration.
role() { printf '{"id":"%s","value":"%s","displayName":"%s","description":"%s","allowedMemberTypes":["%s"],"isEnabled":true}' "$@"; }
# Roles are people's: app-only tokens count for nothing (DESIGN, rule 7).
people=$(
  printf '[%s,%s,%s]' \
    "$(role 5ea10000-0000-4000-8000-000000000001 Sealwatch.Read Read 'Sees clusters, recoveries and rotations.' User)" \
    "$(role 5ea10000-0000-4000-8000-000000000002 Sealwatch.Operate Operate 'Asks for recoveries and rotations, holds, escrow upkeep.' User)" \
    "$(role 5ea10000-0000-4000-8000-000000000003 Sealwatch.Approve Approve 'Approves what somebody else asked for.' User)"
)
scope=5ea10000-0000-4000-8000-00000000000a
vaultLogin=5ea10000-0000-4000-8000-00000000000b
machines="[$(role $vaultLogin Vault.Login 'Vault login' 'May have a token that the Vaults of this trust domain take.' Application)]"

# Shown (to stderr), or run; what it answers goes to stdout when run, and a word in its place when shown.
asked() {
  local place=$1 line=az word
  shift
  if [ -n "$apply" ]; then
    # Nothing found is an empty line, or "None".
    az "$@" | sed 's/^None$//'
    return
  fi
  for word in "$@"; do
    if [[ $word =~ ^[A-Za-z0-9_./:=@-]+$ ]]; then line+=" $word"; else line+=" '${word//\'/\'\\\'\'}'"; fi
  done
  echo "$line" >&2
  echo "$place"
}
graph() { asked '' rest --method "$1" --url "https://graph.microsoft.com/v1.0/$2" --body "$3" >/dev/null; }

# A registration of this tenant alone, whose tokens are v2, and its service principal, which gives tokens to nobody who
# was not assigned. Found again by its name. Sets: id, object, principal.
register() {
  local name=$1 roles=$2
  id=$(asked '' ad app list --display-name "$name" --query "[?displayName=='$name'].appId | [0]" -o tsv)
  if [ -z "$id" ]; then
    id=$(asked "APP_ID_OF_$name" ad app create --display-name "$name" --sign-in-audience AzureADMyOrg --app-roles "$roles" --query appId -o tsv)
  fi
  object=$(asked "OBJECT_ID_OF_$name" ad app show --id "$id" --query id -o tsv)
  graph PATCH "applications/$object" "{\"identifierUris\":[\"api://$id\"],\"appRoles\":$roles,\"api\":$3}"
  principal=$(asked '' ad sp list --filter "appId eq '$id'" --query '[0].id' -o tsv)
  if [ -z "$principal" ]; then
    principal=$(asked "PRINCIPAL_OF_$name" ad sp create --id "$id" --query id -o tsv)
  fi
  graph PATCH "servicePrincipals/$principal" '{"appRoleAssignmentRequired":true}'
}

if [ -n "$domain" ]; then
  # One for each trust domain (DESIGN, rule 16): a Vault that is sent a token cannot show it to another domain's.
  register "$prefix-vault-$domain" "$machines" '{"requestedAccessTokenVersion":2}'
  for login in ${logins[@]+"${logins[@]}"}; do
    has=$(asked '' rest --method GET --url "https://graph.microsoft.com/v1.0/servicePrincipals/$login/appRoleAssignments" --query "value[?resourceId=='$principal'].id | [0]" -o tsv)
    if [ -n "$has" ]; then continue; fi
    graph POST "servicePrincipals/$login/appRoleAssignments" \
      "{\"principalId\":\"$login\",\"resourceId\":\"$principal\",\"appRoleId\":\"$vaultLogin\"}"
  done
  echo "fleet.yaml: login: {method: jwt, role: sealwatch-probe, audience: \"api://$id\"}"
  echo "vault/jwt.sh: --audience $id,api://$id"
else
  access="{\"id\":\"$scope\",\"value\":\"Sealwatch.Access\",\"type\":\"User\",\"isEnabled\":true,\"adminConsentDisplayName\":\"Act in Sealwatch\",\"adminConsentDescription\":\"Act in Sealwatch with the roles that you have.\",\"userConsentDisplayName\":\"Act in Sealwatch\",\"userConsentDescription\":\"Act in Sealwatch with the roles that you have.\"}"
  allowed="[{\"appId\":\"$client\",\"delegatedPermissionIds\":[\"$scope\"]}]"
  # Not watch: nobody acts through it. A token for one app is none for the other.
  for app in rotate recover; do
    api="\"requestedAccessTokenVersion\":2,\"oauth2PermissionScopes\":[$access]"
    register "$prefix-$app" "$people" "{$api}"
    # Only once the scope is there.
    graph PATCH "applications/$object" "{\"api\":{$api,\"preAuthorizedApplications\":$allowed}}"
    echo "param ${app}Audience = '$id'"
  done
  echo "param entraClientIds = [ '$client' ]"
fi
