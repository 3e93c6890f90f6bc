# A seal's own token. KEY is the seal's key; role.sh puts its name in. The token has the policy "default" besides.
path "transit/encrypt/KEY" { capabilities = ["update"] }
path "transit/decrypt/KEY" { capabilities = ["update"] }
