//go:build !linux

package main

import (
	"fmt"
	"os"
)

func main() {
	fmt.Fprintln(os.Stderr, "lab: error: the lab is made of Linux's network namespaces")
	os.Exit(1)
}
