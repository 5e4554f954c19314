// supervise is PID 1 of every container of a pod: it starts the real process when the podlet says so, reports its exit,
// runs probes, hooks and sessions beside it, and reaps. It only follows orders; the rules of Kubernetes live in the podlet.
// The same binary is the stage that drops root before a process begins, a plain init for the podlet itself (--init), and what
// copies trees of files from images and between volumes (--seed, --move) and measures volumes (--usage). See docs/design/supervise.md.
package main

import (
	"fmt"
	"os"
	"time"
)

const (
	stageName      = "droppod-stage"
	agentStageName = "droppod-agent"
	defaultPath    = "/usr/local/sbin:/usr/local/bin:/usr/sbin:/usr/bin:/sbin:/bin"
	maxOutput      = 10 * 1024
	maxLine        = 48 << 20 // files of volumes come in it
	longLine       = 1 << 20
	longLineUse    = 2 * time.Second
	maxHeld        = 256
	maxMessage     = 4096
	ackPatience    = 3 * time.Second
	firstRedial    = 5 * time.Millisecond
	slowestRedial  = 500 * time.Millisecond
	bootRedial     = 15 * time.Millisecond
	pipeUnread     = 0x541b // FIONREAD
	bootPatience   = 3 * time.Second
	writePatience  = 2 * time.Second
	leavePatience  = 10 * time.Second
	drainPatience  = 250 * time.Millisecond
	// How long a grandchild that keeps writing may delay the end of an exec probe or hook.
	commandPatience = 2 * time.Second
	endPatience     = 10 * time.Second
	inputLook       = time.Second
	minimumGrace    = 2 * time.Second
	memoryLook      = 500 * time.Millisecond
	lookUpPatience  = 10 * time.Second
	maxStageWords   = 1 << 20
	restartFloor    = 100 * time.Millisecond
	restartCeiling  = 5 * time.Second
)

func main() {
	var err error
	switch {
	case os.Args[0] == stageName:
		runStage()
	case os.Args[0] == agentStageName:
		err = runAgentStage()
	case len(os.Args) > 2 && os.Args[1] == "--init":
		if err = hide(); err == nil {
			os.Exit(runInit(os.Args[2:]))
		}
	case len(os.Args) == 3 && os.Args[1] == "--seed":
		os.Exit(runSeed(os.Args[2]))
	case len(os.Args) == 5 && os.Args[1] == "--move":
		os.Exit(runMove(os.Args[2], os.Args[3], os.Args[4]))
	case len(os.Args) > 2 && os.Args[1] == "--usage":
		os.Exit(runUsage(os.Args[2:]))
	default:
		newSupervisor().serve()
	}
	fail(err)
}

func fail(err error) {
	fmt.Fprintln(os.Stderr, "supervise:", err)
	os.Exit(128)
}

// hide keeps memory, environment and files of this process from every process that may not trace (CAP_SYS_PTRACE).
func hide() error { return prctl(prSetDumpable, 0) }
