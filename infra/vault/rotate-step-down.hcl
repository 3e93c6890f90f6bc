# Rotate's login at a cluster with stepDown: true.
path "sys/step-down" { capabilities = ["update", "sudo"] }
