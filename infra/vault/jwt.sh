#!/bin/sh
# Lets one managed identity of Sealwatch log in at this Vault, with the policies named, and nobody else.
#
#   jwt.sh --tenant T --audience A --role R --object-id O --policies P,…   shows what it would do
#   … --apply                                                            does it, with your own VAULT_ADDR and VAULT_TOKEN
#
# --audience: application id of this trust domain's registration (infra/entra.sh); its URI may follow after a comma.
# --mount PATH: where the auth method is, or will be (jwt). One that trusts another issuer is left as it is: name another
# path, and say so in fleet.yaml (login.mount).
# --keys FILE: public keys (PEM) of the issuer, for a Vault that does not reach login.microsoftonline.com.
set -eu
vault=${VAULT_BIN:-vault}
tenant='' audience='' role='' object='' policies='' mount=jwt keys='' apply=''
while [ $# -gt 0 ]; do
  case $1 in
    --apply) apply=1; shift; continue ;;
    --tenant) tenant=${2:-} ;;
    --audience) audience=${2:-} ;;
    --role) role=${2:-} ;;
    --object-id) object=${2:-} ;;
    --policies) policies=${2:-} ;;
    --mount) mount=${2:-} ;;
    --keys) keys=${2:-} ;;
    *) echo "unknown: $1" >&2; exit 2 ;;
  esac
  if [ -z "${2:-}" ]; then echo "$1 needs a value" >&2; exit 2; fi
  shift 2
done
refuse() { echo "$1" >&2; exit 2; }
# They go into JSON and paths below.
for name in tenant audience role object policies mount; do
  eval "value=\$$name"
  case $value in
    '' | -* | *[!A-Za-z0-9_.:/,-]*) refuse "--$name is missing, or has characters that no id or name has" ;;
  esac
done
case $tenant$object in *[!A-Fa-f0-9-]*) refuse '--tenant and --object-id are ids: hexadecimal digits and dashes' ;; esac
case ",$audience,$policies," in *,,*) refuse '--audience and --policies hold no empty items' ;; esac
# A part of a path: Vault takes "..", and the role would be something else.
case $role in . | .. | *[/:,]*) refuse '--role is a name: no path' ;; esac
case /$mount/ in *//* | */./* | */../* | *[:,]*) refuse '--mount is a path without slashes at its ends' ;; esac

issuer="https://login.microsoftonline.com/$tenant/v2.0"
list() { printf '"%s"' "$1" | sed 's/,/","/g'; }
# The policy "default" stays: without it the token could not renew itself.
body=$(
  cat <<END
{
  "role_type": "jwt",
  "user_claim": "oid",
  "bound_audiences": [$(list "$audience")],
  "bound_claims": {"tid": "$tenant", "oid": "$object"},
  "token_policies": [$(list "$policies")],
  "token_ttl": "1h",
  "token_max_ttl": "1h"
}
END
)
if [ -n "$keys" ]; then trust="jwt_validation_pubkeys=@$keys"; else trust="oidc_discovery_url=$issuer"; fi

if [ -z "$apply" ]; then
  echo "vault auth enable -path=$mount jwt      # unless it is; goes no further where auth/$mount trusts another issuer"
  echo "vault write auth/$mount/config $trust bound_issuer=$issuer"
  echo "vault write auth/$mount/role/$role - <<'EOF'"
  printf '%s\n' "$body"
  echo EOF
  exit 0
fi

mounts=$("$vault" auth list)
if ! printf '%s\n' "$mounts" | awk -v path="$mount/" '$1 == path { found = 1 } END { exit !found }'; then
  "$vault" auth enable "-path=$mount" jwt
elif found=$("$vault" read -field=bound_issuer "auth/$mount/config" 2>&1); then
  if [ "$found" != "$issuer" ]; then
    echo "auth/$mount trusts another issuer (${found:-none is bound}), and somebody logs in by it: --mount another path" >&2
    exit 1
  fi
else
  # Not configured yet. Whatever else it is, nothing is known of what would be replaced.
  case $found in *'No value found'*) ;; *) printf '%s\n' "$found" >&2; exit 1 ;; esac
fi
"$vault" write "auth/$mount/config" "$trust" "bound_issuer=$issuer"
printf '%s\n' "$body" | "$vault" write "auth/$mount/role/$role" -
