// Limits the damage of bad input from outside to the goroutine that read it, never the container.

package main

import (
	"fmt"
	"os"
)

// guarded runs `work` beside the loop; a panic is logged, and everything else goes on.
func guarded(name string, work func()) {
	go func() {
		defer report(name)
		work()
	}()
}

func report(name string) {
	if failure := recover(); failure != nil {
		fmt.Fprintf(os.Stderr, "supervise: %s: %v\n", name, failure)
	}
}

// careful runs one step of the loop itself with the same protection.
func careful(step func()) {
	defer report("event")
	step()
}
