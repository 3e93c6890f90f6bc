# The probe's login, at every cluster on raft: reads raft state, and nothing else.
path "sys/storage/raft/autopilot/state"         { capabilities = ["read"] }
path "sys/storage/raft/autopilot/configuration" { capabilities = ["read"] }
path "sys/storage/raft/configuration"           { capabilities = ["read"] }
