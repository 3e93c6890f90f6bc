#!/bin/sh
# Lets one managed identity of Sealwatch log in at this Vault, with the policies named, and nobody else.
#
#   jwt.sh --tenant T --audience A --role R --object-id O --policies P,…   shows what it would do
#   … --apply                                                            does it, with your own VAULT_ADDR and VAULT_TOKEN
#
# --audience: application id of this trust domain's registration (infra/entra.sh); its URI may follow after a comma.
# --keys FILE: public keys (PEM) of the issuer, for a Vault that does not reach login.microsoftonline.com.
set -eu
vault=${VAULT_BIN:-vault}
tenant='' audience='' role='' object='' policies='' keys='' apply=''
while [ $# -gt 0 ]; do
  case $1 in
    --apply) apply=1; shift; continue ;;
    --tenant) tenant=${2:-} ;;
    --audience) audience=${2:-} ;;
    --role) role=${2:-} ;;
    --object-id) object=${2:-} ;;
    --policies) policies=${2:-} ;;
    --keys) keys=${2:-} ;;
    *) echo "unknown: $1" >&2; exit 2 ;;
  esac
  if [ $# -lt 2 ]; then echo "$1 needs a value" >&2; exit 2; fi
  shift 2
done
for name in tenant audience role object policies; do
  eval "value=\$$name"
  # They go into JSON below.
  case $value in
    '' | -* | *[!A-Za-z0-9_.:/,-]*) echo "--$name is missing, or has characters that no id or name has" >&2; exit 2 ;;
  esac
done

issuer="https://login.microsoftonline.com/$tenant/v2.0"
list() { printf '"%s"' "$1" | sed 's/,/","/g'; }
# The policy "default" stays: without it the token could not renew itself.
body=$(
  cat <<EOF
{
  "role_type": "jwt",
  "user_claim": "oid",
  "bound_audiences": [$(list "$audience")],
  "bound_claims": {"tid": "$tenant", "oid": "$object"},
  "token_policies": [$(list "$policies")],
  "token_ttl": "1h",
  "token_max_ttl": "1h"
}
EOF
)
if [ -n "$keys" ]; then trust="jwt_validation_pubkeys=@$keys"; else trust="oidc_discovery_url=$issuer"; fi

if [ -z "$apply" ]; then
  echo 'vault auth enable jwt      # unless it is'
  echo "vault write auth/jwt/config $trust bound_issuer=$issuer"
  echo "vault write auth/jwt/role/$role - <<'EOF'"
  printf '%s\n' "$body"
  echo EOF
  exit 0
fi
if ! "$vault" read auth/jwt/config >/dev/null 2>&1; then "$vault" auth enable jwt; fi
"$vault" write auth/jwt/config "$trust" "bound_issuer=$issuer"
printf '%s\n' "$body" | "$vault" write "auth/jwt/role/$role" -
