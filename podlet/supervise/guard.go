// What one bad word from outside may cost: the goroutine that read it, never the container.

package main

import (
	"fmt"
	"os"
)

// guarded runs `work` beside the loop; should it panic, the log says so and everything else goes on.
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

// careful runs one step of the loop itself.
func careful(step func()) {
	defer report("event")
	step()
}
