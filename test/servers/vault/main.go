// Command vault is HashiCorp Vault built from its published Go module, for tests only.
// Vault is BUSL-1.1: this build is a non-production test tool and is never shipped.
package main

import (
	"os"

	"github.com/hashicorp/vault/command"
)

func main() {
	os.Exit(command.Run(os.Args[1:]))
}
