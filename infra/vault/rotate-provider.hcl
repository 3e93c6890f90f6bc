# Rotate's login at the provider of a transit seal. KEY is the seal's key; role.sh puts its name in.
# Leave out what you do not rotate.

# rotation.token
path "auth/token/roles/seal-KEY"  { capabilities = ["read"] }
path "auth/token/create/seal-KEY" { capabilities = ["update"] }
path "auth/token/lookup-accessor" { capabilities = ["update"] }
path "auth/token/revoke-accessor" { capabilities = ["update"] }

# rotation.transitKey
path "transit/keys/KEY"           { capabilities = ["read"] }
path "transit/keys/KEY/rotate"    { capabilities = ["update"] }
# raiseMinimum only
path "transit/keys/KEY/config"    { capabilities = ["update"] }
