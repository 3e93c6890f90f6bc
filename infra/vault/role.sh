#!/bin/sh
# At the provider of a transit seal: the seal's policy, and the role that makes its tokens.
#
#   role.sh KEY            shows what it would do
#   role.sh KEY --apply    does it, with your own VAULT_ADDR and VAULT_TOKEN
#
# The role's tokens are orphans, periodic, without a maximum: anything else ends by itself while its cluster runs on,
# and the next restart stays down. May be run again.
set -eu
here=$(CDPATH='' cd "$(dirname "$0")" && pwd)
vault=${VAULT_BIN:-vault}

key=${1:-}
apply=${2:-}
case $key in
  '' | -* | *[!A-Za-z0-9_.-]*)
    echo 'usage: role.sh KEY [--apply]    KEY: name of the transit key, letters, digits, dots, dashes' >&2
    exit 2
    ;;
esac
case $apply in '' | --apply) ;; *) echo "unknown: $apply" >&2; exit 2 ;; esac

# Shown, or run.
step() {
  if [ "$apply" = --apply ]; then "$vault" "$@"; else echo "vault $*"; fi
}
# The same, with a policy from stdin.
policy() {
  text=$(sed "s/KEY/$key/g" "$here/$2")
  if [ "$apply" = --apply ]; then printf '%s\n' "$text" | "$vault" policy write "$1" -; else
    echo "vault policy write $1 - <<'EOF'"
    printf '%s\n' "$text" | grep -v '^#'
    echo EOF
  fi
}

policy "seal-$key" seal.hcl
policy "sealwatch-rotate-$key" rotate-provider.hcl
step write "auth/token/roles/seal-$key" orphan=true renewable=true token_period=768h \
  token_explicit_max_ttl=0 "allowed_policies=seal-$key" token_type=default-service
